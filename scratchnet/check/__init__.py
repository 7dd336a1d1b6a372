"""Is it right? Read `report`, `recognize`, `gradient`, then what is checked: `layer`, `loss`, `optimizer`, `initializer`."""

KINDS = ("layer", "activation", "loss", "optimizer", "initializer", "training")  # of what can be checked
