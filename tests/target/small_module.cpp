// A shared library with one of each thing that ElfFile is asked for.

extern "C" {

__attribute__((section(".osprey_mark"), used)) const char osprey_test_mark[] = "a mark to be found";
int osprey_test_zeros[1000];
int osprey_test_number = 42;
thread_local int osprey_test_per_thread = 7;

__attribute__((used)) static int osprey_test_hidden(int n) { return n + osprey_test_number; }

int osprey_test_function(int n) { return osprey_test_hidden(n) + osprey_test_per_thread; }

}  // extern "C"
