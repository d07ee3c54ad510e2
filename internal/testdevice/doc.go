// Package testdevice opens the device on which tests of models run. Only tests import it.
package testdevice
