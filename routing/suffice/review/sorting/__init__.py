"""How much attention each hunk gets: what is dropped, floors that no model lowers, a cheap lane's word, the order."""
