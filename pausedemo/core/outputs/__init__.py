"""What commands print, as typed rows."""
