// The SDK's AssemblyScript runtime (asconfig.json, "runtime"): asc's mark-and-sweep collector for explicit use, over
// a small allocator of our own in place of TLSF. See "The runtime" in README.md.

import "./heap";
import "rt/tcms";
