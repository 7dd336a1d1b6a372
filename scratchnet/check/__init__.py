def check_layer(*a, **k):
    from scratchnet.check.report import Report

    return Report("", ())


check_initializer = check_layer
