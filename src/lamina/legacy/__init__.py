"""Models that old Keras versions saved."""
