from rollbook.operations.launch.cli import main

main()
