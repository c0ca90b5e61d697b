"""The routes of Batches; a part of runs.urls."""

from django.urls import path

from runs.web import batch_actions, batch_pages, chart_pages, compare_pages, matrix_pages, notice_pages

A_BATCH = "batches/<int:pk>"

urlpatterns = [
    path("batches/", batch_pages.list_batches, name="batches"),
    path("batches/ended", notice_pages.ended, name="ended"),
    path(f"{A_BATCH}/dismiss", notice_pages.dismiss, name="batch_dismiss"),
    path(f"{A_BATCH}/", batch_pages.batch, name="batch"),
    path(f"{A_BATCH}/live", batch_pages.live, name="batch_live"),
    path(f"{A_BATCH}/map", batch_pages.cell_map, name="batch_map"),
    path(f"{A_BATCH}/failures", batch_pages.failed, name="batch_failures"),
    path(f"{A_BATCH}/table", matrix_pages.table, name="batch_table"),
    path(f"{A_BATCH}/columns", matrix_pages.columns, name="batch_columns"),
    path(f"{A_BATCH}/table.<slug:kind>", matrix_pages.download, name="batch_download"),
    path(f"{A_BATCH}/charts", chart_pages.charts, name="batch_charts"),
    path(f"{A_BATCH}/charts.json", chart_pages.data, name="batch_data"),
    path(f"{A_BATCH}/curves.json", chart_pages.curves, name="batch_curves"),
    path(f"{A_BATCH}/importance", chart_pages.importance, name="batch_importance"),
    path(f"{A_BATCH}/adding", batch_pages.add_values, name="batch_adding"),
    path(f"{A_BATCH}/adds", batch_actions.adds, name="batch_adds"),
    path(f"{A_BATCH}/do/<slug:action>", batch_actions.act, name="batch_do"),
    path("runs/compare", compare_pages.compare, name="compare"),
]
