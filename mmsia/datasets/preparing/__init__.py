"""Original downloads -> data folders that configs read: found, unpacked, converted."""
