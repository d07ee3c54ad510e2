// Package device opens compute devices by name. It is the only place that names concrete
// devices: what --device takes, which device "auto" means on this machine and why.
package device
