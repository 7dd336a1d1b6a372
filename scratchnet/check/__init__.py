"""Is it right? Read `report`, `recognize`, `gradient`, then what is checked: `layer`, `loss`, `optimizer`, `initializer`."""
