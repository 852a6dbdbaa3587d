"""What was imported: files that were sent and how they were meant, runs and their results, and which row of which
source became which object, so that the same file again adds nothing and an import can be undone. It knows objects by
plain words (client:7); what they are is known above."""
