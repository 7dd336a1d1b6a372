"""Layers in other frameworks: modules of PyTorch, and nodes of ONNX. `Network` has the methods, `from_torch` the way back.

Read `torch_order`, `torch_layers`, `to_torch`, `to_onnx`, and then `scratchnet.network.from_torch`.
"""
