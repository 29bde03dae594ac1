"""`python -m nb2pkg`."""

from nb2pkg.entry import main

main()
