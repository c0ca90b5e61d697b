"""HTTP: pages, fragments, forms."""
