package cli

import (
	"errors"

	"github.com/canreach/canreach/sim/change"
)

func runFix(*Env, *whatifFlags, []byte, *change.Applied) error {
	return errors.New("not built yet")
}
