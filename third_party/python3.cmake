# Python (PSF-2.0): runs the tests that are scripts; no part of Osprey. Debian: python3.
find_package(Python3 3.8 REQUIRED COMPONENTS Interpreter)
