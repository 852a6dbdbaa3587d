"""What was imported: runs, and which row of which source became which object, so that the same file again
adds nothing. It knows objects by plain words (client:7); what they are is known above."""
