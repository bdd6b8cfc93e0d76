module github.com/canreach/canreach

go 1.26

require (
	github.com/spf13/cobra v1.10.2
	pgregory.net/rapid v1.2.0
)

require (
	github.com/evanphx/json-patch/v5 v5.9.11 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/rogpeppe/go-internal v1.14.1 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	pgregory.net/rapid v1.2.0 // indirect
)
