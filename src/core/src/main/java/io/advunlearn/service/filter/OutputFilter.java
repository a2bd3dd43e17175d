package io.advunlearn.service.filter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.evaluation.Detector.Detection;
import io.advunlearn.evaluation.Detectors;
import io.advunlearn.evaluation.JudgePanel;
import io.advunlearn.evaluation.Judgement;
import io.advunlearn.evaluation.Pictures;
import io.advunlearn.model.ImageProcessor;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at images before anybody gets them. One judge's word is enough, unlike in evaluations, where judges must agree: here a miss is worse than a
 * false alarm. If they cannot be judged, nobody gets them. Thread-safe.
 */
public final class OutputFilter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OutputFilter.class);
    private static final List<Double> ZEROS = List.of(0.0, 0.0, 0.0);
    private static final List<Double> ONES = List.of(1.0, 1.0, 1.0);

    private final String pipeline;
    private final FilterSettings settings;
    private final PipelineComponents parts;
    private final JudgePanel judges;
    private final ObjIntConsumer<String> counter;
    private final ImageProcessor processor;

    private OutputFilter(String pipeline, FilterSettings settings, PipelineComponents parts, JudgePanel judges, ObjIntConsumer<String> counter) {
        this.pipeline = pipeline;
        this.settings = settings;
        this.parts = parts;
        this.judges = judges;
        this.counter = counter;
        // the bundled judges know the model's own size only
        ImageSize own = parts.imageSize();
        processor = new ImageProcessor(0, own.height(), own.width(), "bicubic", -1, 1, ZEROS, ONES, false, false);
    }

    /**
     * Loads the judges.
     *
     * @param pipeline its name, for the log
     * @param counter told of images by outcome: {@code passed}, {@code marked}, {@code withheld} or {@code failed}
     * @throws IllegalArgumentException if they cannot be loaded, or none knows one of the concepts
     */
    public static OutputFilter load(String pipeline, FilterSettings settings, PipelineComponents parts, ObjIntConsumer<String> counter) {
        JudgePanel all = Detectors.load(parts.directory(), settings.detectors(), parts.device());
        try {
            JudgePanel judges = settings.detector().isPresent() ? all.only(settings.detector().get()) : all;
            settings.concepts().forEach(concept -> requireKnown(judges, concept));
            return new OutputFilter(pipeline, settings, parts, judges, counter);
        } catch (RuntimeException e) {
            all.close();
            throw e;
        }
    }

    private static void requireKnown(JudgePanel judges, String concept) {
        if (!judges.concepts("style").contains(concept)) {
            try {
                judges.requireKnown("object", concept);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("output-filter.concepts: " + e.getMessage() + "; styles: " + String.join(", ", judges.concepts("style")), e);
            }
        }
    }

    /** Whether flagged images are kept back: then nothing of an image may be shown before it was judged. */
    public boolean withholds() {
        return settings.action() == FilterSettings.Action.WITHHOLD;
    }

    /**
     * Every image is a piece of work on the device lane.
     *
     * @throws FilterFailedException if they cannot be judged
     */
    public FilteredImages filter(GenerationResult result) {
        try {
            List<ImageVerdict> verdicts = result.images().stream().map(this::judge).toList();
            List<RgbImage> images = new ArrayList<>();
            for (int i = 0; i < verdicts.size(); i++) {
                RgbImage image = result.images().get(i);
                images.add(verdicts.get(i).withheld() ? RgbImage.black(image.width(), image.height()) : image);
                counter.accept(outcome(verdicts.get(i)), 1);
            }
            return new FilteredImages(result.with(images), verdicts);
        } catch (RuntimeException | LinkageError e) {
            counter.accept("failed", result.images().size());
            LOG.error("Pipeline {}: images could not be judged and are withheld", pipeline, e);
            throw new FilterFailedException(e);
        }
    }

    private static String outcome(ImageVerdict verdict) {
        return verdict.withheld() ? "withheld" : verdict.flagged() ? "marked" : "passed";
    }

    private ImageVerdict judge(RgbImage image) {
        Judgement judgement = parts.lane().call(DeviceLane.Priority.SERVING, () -> {
            try (NDManager scratch = NDManager.newBaseManager(parts.device(), "PyTorch")) {
                NDArray pixels = Tensors.of(scratch, processor.process(image.rgb(), image.width(), image.height()),
                        new Shape(1, 3, processor.height(), processor.width()));
                return judges.judge(new Pictures(pixels, List.of(image))).get(0);
            }
        });
        List<String> seen = settings.concepts().stream()
                .filter(concept -> judgement.detections().stream().anyMatch(detection -> names(detection, concept))).toList();
        return new ImageVerdict(seen, withholds() && !seen.isEmpty());
    }

    private boolean names(Detection detection, String concept) {
        return Stream.of(detection.objects(), detection.styles()).anyMatch(scores -> scores.getOrDefault(concept, -1.0) >= settings.threshold());
    }

    @Override
    public void close() {
        judges.close();
    }
}
