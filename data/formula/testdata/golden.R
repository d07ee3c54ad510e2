# Writes golden.json: design matrices by model.matrix() of R for the rows of small.csv.
# Run as: Rscript golden.R > golden.json
d <- read.csv("small.csv", check.names = FALSE, stringsAsFactors = TRUE)
library(splines)
cases <- list(
  c("y ~ x", "y ~ x"),
  c("y ~ 0 + x", "y ~ 0 + x"),
  c("y ~ f", "y ~ f"),
  c("y ~ f - 1", "y ~ f - 1"),
  c("y ~ 0 + f + g", "y ~ 0 + f + g"),
  c("y ~ x + f + g", "y ~ x + f + g"),
  c("y ~ 0 + x + g + f", "y ~ 0 + x + g + f"),
  c("y ~ f:g", "y ~ f:g"),
  c("y ~ 0 + f:g", "y ~ 0 + f:g"),
  c("y ~ f*g", "y ~ f*g"),
  c("y ~ 0 + f*g", "y ~ 0 + f*g"),
  c("y ~ f + f:g", "y ~ f + f:g"),
  c("y ~ f/g", "y ~ f/g"),
  c("y ~ f/x", "y ~ f/x"),
  c("y ~ x:f", "y ~ x:f"),
  c("y ~ x + x:f", "y ~ x + x:f"),
  c("y ~ 0 + x:f", "y ~ 0 + x:f"),
  c("y ~ 0 + x:f + f", "y ~ 0 + x:f + f"),
  c("y ~ x*f", "y ~ x*f"),
  c("y ~ f:g + f:C(m)", "y ~ f:g + f:factor(m)"),
  c("y ~ g:f:C(m)", "y ~ g:f:factor(m)"),
  c("y ~ g*f*x", "y ~ g*f*x"),
  c("y ~ (x + f + g)^2", "y ~ (x + f + g)^2"),
  c("y ~ (x + f + g)**3 - f:g", "y ~ (x + f + g)^3 - f:g"),
  c("y ~ (x + z)/f", "y ~ (x + z)/f"),
  c("y ~ x*z*w - x:z:w", "y ~ x*z*w - x:z:w"),
  c("y ~ x + z - x", "y ~ x + z - x"),
  c("y ~ -1 + 1 + x", "y ~ -1 + 1 + x"),
  c("y ~ x - (1 + z) + z", "y ~ x - (1 + z) + z"),
  c("y ~ C(m)", "y ~ factor(m)"),
  c("y ~ C(f, \"B\")", "y ~ relevel(f, ref = \"B\")"),
  c("y ~ 0 + C(f, B)", "y ~ 0 + relevel(f, ref = \"B\")"),
  c("y ~ C(m, 10) + x", "y ~ relevel(factor(m), ref = \"10\") + x"),
  c("y ~ I(x^2) + I((z - 1)/2) + log(w)", "y ~ I(x^2) + I((z - 1)/2) + log(w)"),
  c("y ~ exp(x) + sqrt(w) + abs(z) + I(-x^2) + I(2^x) + I(x**3)", "y ~ exp(x) + sqrt(w) + abs(z) + I(-x^2) + I(2^x) + I(x^3)"),
  c("y ~ log10(w) + log2(w) + log1p(w) + expm1(z) + I(w^0.5 * -x / 3 + 0.01)",
    "y ~ log10(w) + log2(w) + log1p(w) + expm1(z) + I(w^0.5 * -x / 3 + 0.01)"),
  c("y ~ poly(x, 2)", "y ~ poly(x, 2)"),
  c("y ~ poly(x, 4) + poly(log(w), 3)", "y ~ poly(x, 4) + poly(log(w), 3)"),
  c("y ~ poly(x, 1)", "y ~ poly(x, 1)"),
  c("y ~ bs(x, df = 5)", "y ~ bs(x, df = 5)"),
  c("y ~ bs(x, df = 3)", "y ~ bs(x, df = 3)"),
  c("y ~ bs(x)", "y ~ bs(x)"),
  c("y ~ bs(z, df = 4, degree = 2)", "y ~ bs(z, df = 4, degree = 2)"),
  c("y ~ bs(w, degree = 1)", "y ~ bs(w, degree = 1)"),
  c("y ~ bs(m, df = 6)", "y ~ bs(m, df = 6)"),
  c("y ~ bs(tied, df = 6)", "y ~ bs(tied, df = 6)"),
  c("y ~ f*poly(x, 2)", "y ~ f*poly(x, 2)"),
  c("y ~ poly(x, 2):poly(z, 2)", "y ~ poly(x, 2):poly(z, 2)"),
  c("y ~ x:poly(z, 2):f", "y ~ x:poly(z, 2):f"),
  c("y ~ scale(x) + standardize(w) + center(z)", "y ~ scale(x) + scale(w) + scale(z, scale = FALSE)"),
  c("y ~ `my col` + log(`my col`)", "y ~ `my col` + log(`my col`)"),
  c("y ~ .", "y ~ ."),
  c("y ~ . - k - n + f:x", "y ~ . - k - n + f:x"),
  c("log(w) ~ . ^ 2", "log(w) ~ . ^ 2"),
  c("y ~ f + offset(log(w)) + x", "y ~ f + offset(log(w)) + x"),
  c("y ~ 1", "y ~ 1"),
  c("y ~ 0 + f:x + g:x", "y ~ 0 + f:x + g:x")
)
num <- function(v) paste(sprintf("%.17g", v), collapse = ", ")
str <- function(s) paste0("\"", gsub("\"", "\\\\\"", s), "\"")
cat("{\"tool\": ", str(paste("model.matrix,", R.version.string)), ", \"cases\": [\n", sep = "")
for (i in seq_along(cases)) {
  fm <- as.formula(cases[[i]][2])
  X <- model.matrix(fm, d)
  names <- colnames(X)
  names <- sub("^\\(Intercept\\)$", "Intercept", names)
  names <- gsub("relevel(f, ref = \"B\")", "f", names, fixed = TRUE)
  names <- gsub("relevel(factor(m), ref = \"10\")", "m", names, fixed = TRUE)
  names <- gsub("factor(m)", "m", names, fixed = TRUE)
  names <- gsub("scale(w)", "standardize(w)", names, fixed = TRUE)
  names <- gsub("scale(z, scale = FALSE)", "center(z)", names, fixed = TRUE)
  cat("{\"formula\": ", str(cases[[i]][1]), ", \"r\": ", str(cases[[i]][2]), ",\n \"names\": [",
      paste(str(names), collapse = ", "), "],\n \"x\": [", num(t(X)), "]}", if (i < length(cases)) ",", "\n", sep = "")
}
cat("]}\n")
