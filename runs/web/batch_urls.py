"""The routes of Batches; a part of runs.urls."""

from django.urls import path

from runs.web.views import batch, batch_actions, batch_charts, batch_table, compare, notices

A_BATCH = "batches/<int:pk>"

urlpatterns = [
    path("batches/", batch.list_batches, name="batches"),
    path("batches/ended", notices.ended, name="ended"),
    path(f"{A_BATCH}/dismiss", notices.dismiss, name="batch_dismiss"),
    path(f"{A_BATCH}/", batch.batch, name="batch"),
    path(f"{A_BATCH}/live", batch.live, name="batch_live"),
    path(f"{A_BATCH}/map", batch.cell_map, name="batch_map"),
    path(f"{A_BATCH}/failures", batch.failed, name="batch_failures"),
    path(f"{A_BATCH}/table", batch_table.table, name="batch_table"),
    path(f"{A_BATCH}/columns", batch_table.columns, name="batch_columns"),
    path(f"{A_BATCH}/table.<slug:kind>", batch_table.download, name="batch_download"),
    path(f"{A_BATCH}/charts", batch_charts.charts, name="batch_charts"),
    path(f"{A_BATCH}/charts.json", batch_charts.data, name="batch_data"),
    path(f"{A_BATCH}/curves.json", batch_charts.curves, name="batch_curves"),
    path(f"{A_BATCH}/importance", batch_charts.importance, name="batch_importance"),
    path(f"{A_BATCH}/adding", batch.add_values, name="batch_adding"),
    path(f"{A_BATCH}/adds", batch_actions.adds, name="batch_adds"),
    path(f"{A_BATCH}/do/<slug:action>", batch_actions.act, name="batch_do"),
    path("runs/compare", compare.compare, name="compare"),
]
