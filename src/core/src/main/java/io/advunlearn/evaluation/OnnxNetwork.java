package io.advunlearn.evaluation;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import io.advunlearn.model.ImageProcessor;
import io.advunlearn.pipeline.RgbImage;
import java.io.IOException;
import java.nio.file.Path;

/** An image network in ONNX form on DJL's ONNX Runtime engine, one image at a time, on the CPU. */
final class OnnxNetwork implements AutoCloseable {

    private static final String ENGINE = "OnnxRuntime";

    /**
     * @param shape of one image's output, the batch axis included
     * @param values in row-major order
     */
    record Output(long[] shape, float[] values) {
    }

    private final Path file;
    private final ImageProcessor processor;
    private final int output;
    private final Model model;
    private final Predictor<NDList, NDList> predictor;

    /**
     * @param output index of the network's output that is read
     * @throws IllegalArgumentException if the engine is not there or cannot load the file
     */
    OnnxNetwork(Path file, ImageProcessor processor, int output) {
        this.file = file;
        this.processor = processor;
        this.output = output;
        model = load(file);
        predictor = model.newPredictor(new NoopTranslator());
    }

    private static Model load(Path file) {
        Model model = null;
        try {
            if (!Engine.hasEngine(ENGINE)) {
                throw new IllegalArgumentException(missing(file));
            }
            model = Engine.getEngine(ENGINE).newModel(file.getFileName().toString().replaceFirst("\\.onnx$", ""), Device.cpu());
            model.load(file);
            return model;
        } catch (LinkageError e) {
            throw new IllegalArgumentException(missing(file), e);
        } catch (IOException | MalformedModelException | RuntimeException e) {
            if (model == null && e instanceof IllegalArgumentException refused) {
                throw refused;
            }
            if (model != null) {
                model.close();
            }
            throw new IllegalArgumentException(file + ": cannot be loaded as an ONNX model (" + e.getMessage() + ")", e);
        }
    }

    private static String missing(Path file) {
        return file + ": an ONNX model needs DJL's ONNX Runtime engine; add ai.djl.onnxruntime:onnxruntime-engine to the class path";
    }

    /** @throws IllegalArgumentException if the network does not take this input or has no such output */
    Output forward(RgbImage image) {
        float[] values = processor.process(image.rgb(), image.width(), image.height());
        Shape shape = processor.channelsLast() ? new Shape(1, processor.height(), processor.width(), 3)
                : new Shape(1, 3, processor.height(), processor.width());
        try (NDManager scratch = model.getNDManager().newSubManager(); NDList results = predictor.predict(new NDList(scratch.create(values, shape)))) {
            if (output >= results.size()) {
                throw new IllegalArgumentException(file + ": output is " + output + "; the network has " + results.size());
            }
            NDArray result = results.get(output);
            return new Output(result.getShape().getShape(), result.toFloatArray());
        } catch (TranslateException e) {
            throw new IllegalArgumentException(file + ": the network does not take an input of shape " + shape + " (" + e.getMessage() + ")", e);
        }
    }

    Path file() {
        return file;
    }

    @Override
    public void close() {
        predictor.close();
        model.close();
    }
}
