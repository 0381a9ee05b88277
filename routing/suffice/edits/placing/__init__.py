"""Where the lines of a reply stand in a file: found by steps, decided between several, or shown as candidates."""
