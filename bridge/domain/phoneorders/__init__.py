"""Call-outs started by telephone: a code, a list by its number, live or exercise, and the code again."""
