"""Small ONNX models with known outputs, for tests of camd-detector. Needs python3-onnx."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def constant_model(path, outputs, side=64, picks=()):
    """Writes a model for inputs of side x side whose outputs are these arrays, whatever the picture.

    picks: (output, flat index, channel, factor) adds factor times the mean of the input's channel there.
    """
    nodes = [helper.make_node("GlobalAveragePool", ["images"], ["means"])]
    values, graph_outputs = [], []
    for number, array in enumerate(outputs):
        array = np.asarray(array, np.float32)
        weights = np.zeros((array.size, 3, 1, 1), np.float32)
        for output, index, channel, factor in picks:
            if output == number:
                weights[index, channel] = factor
        values += [numpy_helper.from_array(weights, f"weights{number}"),
                   numpy_helper.from_array(array.reshape(-1), f"bias{number}"),
                   numpy_helper.from_array(np.array(array.shape, np.int64), f"shape{number}")]
        nodes += [helper.make_node("Conv", ["means", f"weights{number}", f"bias{number}"], [f"flat{number}"],
                                   kernel_shape=[1, 1]),
                  helper.make_node("Reshape", [f"flat{number}", f"shape{number}"], [f"out{number}"])]
        graph_outputs.append(helper.make_tensor_value_info(f"out{number}", TensorProto.FLOAT, array.shape))
    graph = helper.make_graph(
        nodes, "constant", [helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, side, side))],
        graph_outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
    model.ir_version = 7
    onnx.save(model, str(path))


def yolo_v8(classes, count=20, boxes=()):
    """1 x (4 + classes) x count; boxes: (candidate, (x, y, width, height), class, score)"""
    output = np.zeros((1, 4 + classes, count), np.float32)
    for candidate, box, label, score in boxes:
        output[0, :4, candidate] = box
        output[0, 4 + label, candidate] = score
    return output


def yolo_v5(classes, count=20, boxes=()):
    """1 x count x (5 + classes); boxes: (candidate, (x, y, width, height), object, class, score)"""
    output = np.zeros((1, count, 5 + classes), np.float32)
    for candidate, box, is_object, label, score in boxes:
        output[0, candidate, :4] = box
        output[0, candidate, 4] = is_object
        output[0, candidate, 5 + label] = score
    return output
