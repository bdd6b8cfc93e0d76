package sim

import (
	"slices"

	"github.com/canreach/canreach/rules/services"
	"github.com/canreach/canreach/snapshot"
)

// jobRun is one question under way.
type jobRun struct {
	w        *World
	q        *Question
	c        *collector
	runner   signer            // the source's own role
	who      signer            // who signs the requests: the runner, unless Options.Caller says
	work     services.Workload // the job's row of the table; zero: nothing of a service's is asked (P360)
	vpc      snapshot.VPCID
	jobs     verdictParts // of the job gate, over the whole job
	existing existing
	brief    bool           // Decide asks: nothing is gathered but what it returns
	perPath  []verdictParts // with brief: of each flow of the last request
}

// The parts of a question, each with the files of its subject.
type (
	jobRules     struct{ *jobRun } // the job gate: job.go, jobrole.go, jobtrust.go, joblimits.go
	networkRun   struct{ *jobRun } // the network's answer, filed: netanswer.go, outside.go
	requests     struct{ *jobRun } // one request through all layers: request.go, service.go
	bucketGates  struct{ *jobRun } // what S3 and KMS ask beside the policies: s3gate.go, kms.go
	policyReport struct{ *jobRun } // the policies' findings and their words: policyreport.go, policywords.go
)

func (r *jobRun) jobRules() jobRules         { return jobRules{r} }
func (r *jobRun) networkRun() networkRun     { return networkRun{r} }
func (r *jobRun) requests() requests         { return requests{r} }
func (r *jobRun) bucketGates() bucketGates   { return bucketGates{r} }
func (r *jobRun) policyReport() policyReport { return policyReport{r} }

// block files a blocker of the job gate; under everywhere it fails the whole job.
func (r *jobRun) block(f Finding, placements ...int) {
	f.Gate, f.Severity = GateJob, Blocker
	r.c.add(f, placements...)
	if slices.Contains(placements, everywhere) {
		r.jobs.fail = true
	}
}

func (r *jobRun) warn(f Finding, placements ...int) {
	f.Severity = Warning
	r.c.add(f, placements...)
}

func (r *jobRun) unknown(m Missing) {
	r.c.missing(m)
	r.jobs.open = true
}
