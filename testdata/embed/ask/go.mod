module example.com/ask

go 1.26

require github.com/canreach/canreach v0.0.0

replace github.com/canreach/canreach => ../../..
