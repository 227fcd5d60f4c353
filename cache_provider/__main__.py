"""`python -m cache_provider serve`: a `MemoryServer` at a socket, for programs in any language."""

import sys

from cache_provider.door.serving import main

if __name__ == "__main__":
    sys.exit(main())
