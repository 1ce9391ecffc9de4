//go:build unix

package integration

import (
	"os/exec"
	"syscall"
)

// group puts what a command starts into a group of its own, so that all of it can be stopped.
func group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func stopGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
