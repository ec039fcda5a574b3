"""What a kubelet does next: its rules, as functions of what is wanted, seen and the time."""
