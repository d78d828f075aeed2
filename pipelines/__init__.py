"""Images in, images out. Knows no user, price, database, HTTP or page."""
