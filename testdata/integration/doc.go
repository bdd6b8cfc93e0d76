// Package integration captures from a real AWS API server: moto in server
// mode. "make integration" installs and starts it; without that, and without
// the build tag integration, there is nothing here to run.
package integration
