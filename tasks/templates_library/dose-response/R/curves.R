# The four-parameter logistic curve: fits it, says how sure the fit is, draws it. Knows no parameters.

curve_at <- function(dose, p) p[["bottom"]] + (p[["top"]] - p[["bottom"]]) / (1 + (exp(p[["middle"]]) / dose)^p[["slope"]])

# A list with the curve and the data, or NULL when no curve fits. `middle` is the logarithm of EC50.
fit_curve <- function(dose, response, fixed, weighted, start = NULL) {
  if (length(unique(dose)) < 5 || diff(range(response)) == 0) return(NULL)
  weights <- if (weighted) 1 / pmax(abs(response), 0.2 * max(abs(response)))^2 else rep(1, length(dose))
  unpack <- function(p) list(bottom = if (fixed) 0 else p[[4]], top = p[[1]], middle = p[[2]], slope = p[[3]])
  loss <- function(p) {
    value <- sum(weights * (response - curve_at(dose, unpack(p)))^2)
    if (is.finite(value)) value else 1e300
  }
  if (is.null(start)) {
    low <- mean(response[dose == min(dose)])
    high <- mean(response[dose == max(dose)])
    half <- dose[which.min(abs(response - (low + high) / 2))]
    start <- c(high, log(half), 1, if (!fixed) low)
  }
  scale <- c(max(abs(response)), 1, 1, if (!fixed) max(abs(response)))
  best <- optim(start, loss, control = list(maxit = 4000, reltol = 1e-12, parscale = scale))
  best <- optim(best$par, loss, control = list(maxit = 4000, reltol = 1e-12, parscale = scale))
  p <- unpack(best$par)
  fitted <- curve_at(dose, p)
  centre <- weighted.mean(response, weights)
  c(p, list(
    ec50 = exp(p$middle), par = best$par, dose = dose, response = response, fitted = fitted, fixed = fixed, weighted = weighted,
    r_squared = 1 - best$value / sum(weights * (response - centre)^2)
  ))
}

# The two ends of EC50 over fits to the curve with resampled residuals; NA without resamples.
interval_of <- function(fit, resamples, confidence) {
  if (resamples < 2) return(c(NA_real_, NA_real_))
  residuals <- fit$response - fit$fitted
  found <- vapply(seq_len(resamples), function(i) {
    again <- fit_curve(fit$dose, fit$fitted + sample(residuals, replace = TRUE), fit$fixed, fit$weighted, start = fit$par)
    if (is.null(again)) NA_real_ else again$ec50
  }, 0)
  unname(quantile(found, c(1 - confidence, 1 + confidence) / 2, na.rm = TRUE))
}

# curves.png, or curves.pdf where R can make no pictures.
draw <- function(fits, label) {
  if (capabilities("cairo")) png("curves.png", 1100, 700, res = 130, type = "cairo") else pdf("curves.pdf", 9, 6)
  colours <- rep_len(c("#4b44c4", "#1b8f6a", "#b3541e", "#a0316f", "#3a7ca5"), length(fits))
  doses <- unlist(lapply(fits, function(fit) fit$dose))
  responses <- unlist(lapply(fits, function(fit) fit$response))
  par(mar = c(4.2, 4.2, 1, 2), las = 1)
  plot(range(doses), range(responses), log = "x", type = "n", xlab = label, ylab = "response", bty = "l", xaxt = "n")
  ticks <- axTicks(1)
  axis(1, ticks, vapply(ticks, format, "", scientific = FALSE))
  for (i in seq_along(fits)) {
    fit <- fits[[i]]
    at <- exp(seq(log(min(fit$dose)), log(max(fit$dose)), length.out = 200))
    points(fit$dose, fit$response, pch = 16, cex = 0.7, col = colours[i])
    lines(at, curve_at(at, fit), lwd = 2, col = colours[i])
    abline(v = fit$ec50, lty = 3, col = colours[i])
  }
  legend("topleft", names(fits), col = colours, lwd = 2, bty = "n")
  invisible(dev.off())
}
