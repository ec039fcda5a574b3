"""The network of containers: bridges, addresses, published ports and names."""
