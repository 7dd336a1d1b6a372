"""Networks. Read `network`, `errors`, `in_pieces` (how images use all cores), `summary`, `residual`, `models`, `saving`,
`state`, `loading`, and `from_torch`."""

from scratchnet.network.models import check_maker, deep_convnet, hidden_widths, mlp, simple_convnet
from scratchnet.network.network import IMAGES, ROWS, Network, as_network
from scratchnet.network.residual import Residual

__all__ = [
    "IMAGES",
    "ROWS",
    "Network",
    "Residual",
    "as_network",
    "check_maker",
    "deep_convnet",
    "hidden_widths",
    "mlp",
    "simple_convnet",
]
