# Fits a four-parameter logistic curve to the responses of each compound. Base R, no packages.

folder <- local({
  file <- grep("^--file=", commandArgs(), value = TRUE)
  if (length(file)) dirname(normalizePath(sub("^--file=", "", file[1]))) else "."
})
source(file.path(folder, "R", "json.R"))
source(file.path(folder, "R", "curves.R"))

defaults <- list(
  table = NULL, compounds = list(), doseUnit = "\u00b5M", bottom = "fitted", weighted = FALSE,
  resamples = 100, confidence = 0.95, seed = 1
)

# The values chosen in the form, or the defaults when run by hand.
read_parameters <- function() {
  path <- Sys.getenv("CORETEX_PARAMETERS")
  if (path == "") return(defaults)
  chosen <- read_json(path)
  c(chosen, defaults[setdiff(names(defaults), names(chosen))])
}

# A point of a metric, which becomes a chart on the Run's page.
report <- function(metric, x, y) {
  path <- Sys.getenv("CORETEX_METRICS")
  if (path == "" || !is.finite(y)) return(invisible())
  line <- sprintf('{"metric": %s, "x": %.10g, "y": %.10g}\n', encodeString(metric, quote = '"'), x, y)
  cat(line, file = path, append = TRUE)
}

fail <- function(...) {
  message(...)
  quit(status = 1)
}

read_table <- function(folder, wanted) {
  files <- sort(list.files(folder, "\\.csv$", recursive = TRUE, full.names = TRUE, ignore.case = TRUE))
  if (!length(files)) fail("There is no CSV file in ", folder, ".")
  table <- read.csv(files[1], stringsAsFactors = FALSE)
  missing <- setdiff(c("compound", "dose", "response"), names(table))
  if (length(missing)) {
    fail(basename(files[1]), " has no column ", missing[1], "; its columns are ", paste(names(table), collapse = ", "), ".")
  }
  unknown <- setdiff(wanted, table$compound)
  if (length(unknown)) {
    fail("There is no compound ", unknown[1], "; there are ", paste(unique(table$compound), collapse = ", "), ".")
  }
  if (length(wanted)) table <- table[table$compound %in% wanted, ]
  complete <- !is.na(table$dose) & !is.na(table$response) & table$dose > 0
  cat(sum(complete), "of", nrow(table), "rows of", basename(files[1]), "can be used\n")
  table[complete, ]
}

chosen <- read_parameters()
set.seed(chosen$seed)
data_folder <- if (is.null(chosen$table)) file.path(folder, "data") else chosen$table$path
table <- read_table(data_folder, unlist(chosen$compounds))
if (!nrow(table)) fail("There is no row with a dose above 0 and a response.")

fits <- list()
for (name in unique(table$compound)) {
  rows <- table[table$compound == name, ]
  fit <- fit_curve(rows$dose, rows$response, fixed = chosen$bottom == "fixed to 0", weighted = isTRUE(chosen$weighted))
  if (is.null(fit)) {
    cat(sprintf("%-10s no curve fits: it needs at least 5 different doses and a change of response\n", name))
    next
  }
  fit$interval <- interval_of(fit, chosen$resamples, chosen$confidence)
  fits[[name]] <- fit
  number <- length(fits)
  report("EC50", number, fit$ec50)
  report("R squared", number, fit$r_squared)
  cat(sprintf("%-10s EC50 %.4g (%.4g to %.4g), slope %.2f, R squared %.3f\n",
              name, fit$ec50, fit$interval[1], fit$interval[2], fit$slope, fit$r_squared))
}
if (!length(fits)) fail("No curve could be fitted.")

write.csv(data.frame(
  compound = names(fits),
  ec50 = signif(vapply(fits, function(fit) fit$ec50, 0), 6),
  lower = signif(vapply(fits, function(fit) fit$interval[1], 0), 6),
  upper = signif(vapply(fits, function(fit) fit$interval[2], 0), 6),
  slope = signif(vapply(fits, function(fit) fit$slope, 0), 6),
  bottom = signif(vapply(fits, function(fit) fit$bottom, 0), 6),
  top = signif(vapply(fits, function(fit) fit$top, 0), 6),
  r_squared = signif(vapply(fits, function(fit) fit$r_squared, 0), 6)
), "curves.csv", row.names = FALSE, quote = 1)
draw(fits, paste0("dose in ", chosen$doseUnit))
