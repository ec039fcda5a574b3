"""The values that manifests refer to: quantities, variables, files, the pod itself."""
