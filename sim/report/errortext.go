package report

import (
	"errors"
	"strings"

	"github.com/canreach/canreach/sim"
)

// flags are the options of the command line that set a question's fields.
var flags = map[sim.Field]string{
	sim.FieldJob: "--job", sim.FieldRole: "--role", sim.FieldSubnets: "--subnets", sim.FieldSecurityGroups: "--security-groups",
	sim.FieldBucket: "--bucket", sim.FieldActions: "--action", sim.FieldRegion: "--region", sim.FieldAssume: "--assume", sim.FieldAt: "--at",
	sim.FieldHostname: "--hostname", sim.FieldCaller: "--caller", sim.FieldThrough: "--through", sim.FieldAvoid: "--avoid", sim.FieldWhyNot: "--why-not",
	sim.FieldFrom: "--from", sim.FieldTo: "--to", sim.FieldFromGroups: "--security-groups", sim.FieldProtocol: "--protocol", sim.FieldPorts: "--port",
}

// ErrorText is an error's message in the words of the command line.
func ErrorText(err error) string {
	var q *sim.QuestionError
	if !errors.As(err, &q) {
		return err.Error()
	}
	return strings.Replace(err.Error(), q.Error(), q.In(flags), 1)
}
