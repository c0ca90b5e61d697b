# Reads JSON with base R: objects and arrays become lists, null becomes NULL. Copy it into any R Task.

read_json <- function(path) {
  text <- paste(readLines(path, warn = FALSE, encoding = "UTF-8"), collapse = "\n")
  letters <- strsplit(enc2utf8(text), "")[[1]]
  at <- 1

  wrong <- function(expected) stop(sprintf("%s: expected %s at character %d.", path, expected, at), call. = FALSE)
  peek <- function() if (at <= length(letters)) letters[at] else ""
  skip <- function() while (peek() %in% c(" ", "\t", "\n", "\r")) at <<- at + 1
  take <- function(letter) {
    skip()
    if (peek() != letter) wrong(letter)
    at <<- at + 1
  }
  word <- function(name, value) {
    end <- at + nchar(name) - 1
    if (paste(letters[at:min(end, length(letters))], collapse = "") != name) wrong("a value")
    at <<- end + 1
    value
  }
  hex <- function() {
    code <- strtoi(paste(letters[at + 1:4], collapse = ""), 16L)
    if (is.na(code)) wrong("four hexadecimal digits")
    at <<- at + 4
    code
  }
  escaped <- function() {
    at <<- at + 1
    known <- c(n = "\n", t = "\t", r = "\r", b = "\b", f = "\f", "\"" = "\"", "\\" = "\\", "/" = "/")
    if (peek() != "u") return(if (peek() %in% names(known)) known[[peek()]] else wrong("an escape"))
    code <- hex()
    if (code >= 0xD800 && code < 0xDC00) { # the first half of a pair, as emoji are written
      at <<- at + 2
      code <- 0x10000 + (code - 0xD800) * 0x400 + (hex() - 0xDC00)
    }
    intToUtf8(code)
  }
  string <- function() {
    take("\"")
    found <- character()
    while (peek() != "\"") {
      if (peek() == "") wrong("the end of a text")
      found <- c(found, if (peek() == "\\") escaped() else peek())
      at <<- at + 1
    }
    at <<- at + 1
    paste(found, collapse = "")
  }
  number <- function() {
    begin <- at
    while (grepl("^[-+.0-9eE]$", peek())) at <<- at + 1
    found <- suppressWarnings(as.numeric(paste(letters[begin:max(begin, at - 1)], collapse = "")))
    if (at == begin || is.na(found)) wrong("a value")
    found
  }
  # What stands between two brackets, each member read by `member`.
  several <- function(open, close, member) {
    take(open)
    skip()
    if (peek() != close) repeat {
      member()
      skip()
      if (peek() != ",") break
      at <<- at + 1
    }
    take(close)
  }
  value <- function() {
    skip()
    found <- list()
    switch(peek(),
      "{" = {
        several("{", "}", function() {
          skip()
          name <- string()
          take(":")
          found[name] <<- list(value())
        })
        found
      },
      "[" = {
        several("[", "]", function() found <<- c(found, list(value())))
        found
      },
      "\"" = string(), "t" = word("true", TRUE), "f" = word("false", FALSE), "n" = word("null", NULL),
      number()
    )
  }
  found <- value()
  skip()
  if (peek() != "") wrong("the end")
  found
}
