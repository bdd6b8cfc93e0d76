package snapshot

import "errors"

// LoadJob reads a job file, recognised by content.
func LoadJob(path string, opt Options) (Job, error) { return Job{}, errors.New("not built yet") }
