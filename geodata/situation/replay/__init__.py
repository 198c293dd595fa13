"""The situation as it was: a day's versions as columns, and the live picture of any instant made of them."""
