package sim

import "fmt"

// Field names a field of a Question or a TraceQuestion, such as "Job.RoleARN".
type Field string

// The fields that errors speak of.
const (
	FieldJob            Field = "Job"
	FieldRole           Field = "Job.RoleARN"
	FieldSubnets        Field = "Job.Subnets"
	FieldSecurityGroups Field = "Job.SecurityGroups"
	FieldBucket         Field = "Bucket"
	FieldActions        Field = "Actions"
	FieldRegion         Field = "Region"
	FieldAssume         Field = "Options.Assume"
	FieldAt             Field = "Options.At"
	FieldHostname       Field = "Options.Hostname"
	FieldCaller         Field = "Options.Caller"
	FieldThrough        Field = "Options.Through"
	FieldAvoid          Field = "Options.Avoid"
	FieldWhyNot         Field = "WhyNot"
	FieldFrom           Field = "From"
	FieldTo             Field = "To"
	FieldFromGroups     Field = "SecurityGroups"
	FieldProtocol       Field = "Protocol"
	FieldPorts          Field = "Ports"
)

// QuestionError says that a question cannot be asked, and which of its fields
// to change.
type QuestionError struct {
	format string
	args   []any
}

func badQuestion(format string, args ...any) error { return &QuestionError{format, args} }

func (e *QuestionError) Error() string { return e.In(nil) }

// In is the message for a user who knows the fields by other names, as a
// command line does; a field without one keeps its own.
func (e *QuestionError) In(names map[Field]string) string {
	args := make([]any, len(e.args))
	for i, a := range e.args {
		if f, ok := a.(Field); ok && names[f] != "" {
			a = names[f]
		}
		args[i] = a
	}
	return fmt.Sprintf(e.format, args...)
}
