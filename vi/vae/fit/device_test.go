package fit

import "elbo/internal/testdevice"

// openDevice returns the device the tests of this package run on.
var openDevice = testdevice.Open
