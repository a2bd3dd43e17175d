package io.advunlearn.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.ImageSampler;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.pipeline.StepListener;
import io.advunlearn.scheduler.StepNoise;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Makes and judges many images in batches, behind serving work. Tasks are cut into batches by their order alone, and a batch is
 * kept whole or not at all, so that an interrupted run repeats exactly the batches of an uninterrupted one.
 */
final class EvaluationSampler {

    private final PipelineComponents components;
    private static final long KEPT_BYTES = 64L << 20;

    private final Map<ImageTask, RgbImage> kept = new HashMap<>();
    private long keptBytes;
    private final PromptEncoder original;
    private final PromptEncoder erased;
    private final PromptEncoder negative;
    private final Evaluator.Subject subject;
    private final EvaluationRequest request;
    private final JudgePanel judges;
    private final ImageMeters meters;
    private final ImageSampler sampler;
    private final ImageSampler erasedSampler;
    private final UNet2DConditionModel erasedUnet;
    private final int steps;
    private final int calls;
    private final int batch;
    private final CancellationToken cancellation;

    EvaluationSampler(PipelineComponents components, Evaluator.Subject subject, JudgePanel judges, ImageMeters meters,
            EvaluationRequest request, CancellationToken cancellation) {
        this.components = components;
        this.subject = subject;
        this.request = request;
        this.judges = judges;
        this.meters = meters;
        this.cancellation = cancellation;
        original = new PromptEncoder(components.tokenizer(), components.baseEncoder(), components.lane());
        erased = new PromptEncoder(components.tokenizer(), subject.model(), components.lane());
        negative = request.negativeBranch().equals("base") ? original : erased;
        sampler = new ImageSampler(components, DeviceLane.Priority.BACKGROUND);
        erasedUnet = subject.unetIn(components);
        erasedSampler = erasedUnet == components.unet() ? sampler : new ImageSampler(components.with(erasedUnet), DeviceLane.Priority.BACKGROUND);
        steps = request.budget().steps();
        calls = components.scheduler().calls(steps);
        batch = request.budget().batch();
    }

    /** The same with another encoder in the evaluated one's place. */
    EvaluationSampler reading(ClipTextModel encoder) {
        return new EvaluationSampler(components, new Evaluator.Subject(encoder, subject.unet(), subject.name()), judges, meters, request, cancellation);
    }

    PromptEncoder original() {
        return original;
    }

    PromptEncoder erased() {
        return erased;
    }

    /** The denoiser of the evaluated model. */
    UNet2DConditionModel erasedUnet() {
        return erasedUnet;
    }

    /** The encoder that reads the evaluated model's negative prompts. */
    PromptEncoder negative() {
        return negative;
    }

    /** Denoiser passes of one image. */
    long unetForward(ImageTask task) {
        return task.guidanceScale() == 1 ? calls : 2L * calls;
    }

    /**
     * Makes what the log does not hold yet.
     *
     * @param tasks repeated tasks are made once
     * @return one result a task, in order
     */
    List<JudgedImage> judge(List<ImageTask> tasks, ItemLog<ImageTask, JudgedImage> log, String stage, EvaluationListener listener) {
        return judge(tasks, log, stage, ImageMeters.NONE, listener);
    }

    /** As {@link #judge}, and measures what an erasure's side effects are told by. */
    List<JudgedImage> measure(List<ImageTask> tasks, ItemLog<ImageTask, JudgedImage> log, String stage, EvaluationListener listener) {
        return judge(tasks, log, stage, meters, listener);
    }

    private List<JudgedImage> judge(List<ImageTask> tasks, ItemLog<ImageTask, JudgedImage> log, String stage, ImageMeters meter,
            EvaluationListener listener) {
        List<List<ImageTask>> batches = batches(new ArrayList<>(new LinkedHashSet<>(tasks)));
        long total = batches.stream().mapToLong(List::size).sum();
        long done = 0;
        for (List<ImageTask> group : batches) {
            if (!log.hasAll(group)) {
                cancellation.throwIfCancelled();
                log.append(judgeBatch(group, meter));
            }
            done += group.size();
            listener.onProgress(new EvaluationListener.Progress(stage, done, total));
        }
        return tasks.stream().map(log::get).toList();
    }

    /** What a UNet call has one of. */
    private record Call(double guidanceScale, ImageSampler sampler, PromptEncoder negative) {
    }

    private List<List<ImageTask>> batches(List<ImageTask> tasks) {
        Map<Call, List<ImageTask>> byCall = new LinkedHashMap<>();
        tasks.forEach(task -> byCall.computeIfAbsent(new Call(task.guidanceScale(), sampler(task), negative(task)), s -> new ArrayList<>()).add(task));
        List<List<ImageTask>> batches = new ArrayList<>();
        for (List<ImageTask> group : byCall.values()) {
            for (int from = 0; from < group.size(); from += batch) {
                batches.add(group.subList(from, Math.min(group.size(), from + batch)));
            }
        }
        return batches;
    }

    private List<JudgedImage> judgeBatch(List<ImageTask> group, ImageMeters meter) {
        long start = System.nanoTime();
        try (NDManager scratch = NDManager.newBaseManager(components.device(), "PyTorch")) {
            NDArray pixels = pixels(scratch, group);
            List<RgbImage> images = sampler.toImages(pixels);
            Pictures pictures = new Pictures(pixels, images);
            List<Judgement> judgements = components.lane().call(DeviceLane.Priority.BACKGROUND, () -> judges.judge(pictures));
            List<ImageMeasures> measures = components.lane().call(DeviceLane.Priority.BACKGROUND, () -> meter.measure(pictures, group.stream().map(ImageTask::prompt).toList()));
            keep(group, images);
            double seconds = (System.nanoTime() - start) * 1e-9 / group.size();
            List<JudgedImage> judged = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                judged.add(new JudgedImage(group.get(i), judgements.get(i), Corners.colour(images.get(i)), seconds, measures.get(i)));
            }
            return judged;
        }
    }

    /** Small pictures stay in memory for the contact sheet, as long as they fit. */
    private void keep(List<ImageTask> group, List<RgbImage> images) {
        for (int i = 0; i < group.size() && keptBytes < KEPT_BYTES; i++) {
            kept.put(group.get(i), images.get(i));
            keptBytes += images.get(i).rgb().length;
        }
    }

    /** The images of tasks, those that are not in memory any more made again. */
    List<RgbImage> images(List<ImageTask> tasks) {
        Map<ImageTask, RgbImage> images = new HashMap<>(kept);
        for (List<ImageTask> group : batches(new ArrayList<>(new LinkedHashSet<>(tasks.stream().filter(t -> !kept.containsKey(t)).toList())))) {
            cancellation.throwIfCancelled();
            try (NDManager scratch = NDManager.newBaseManager(components.device(), "PyTorch")) {
                List<RgbImage> made = sampler.toImages(pixels(scratch, group));
                for (int i = 0; i < group.size(); i++) {
                    images.put(group.get(i), made.get(i));
                }
            }
        }
        return tasks.stream().map(images::get).toList();
    }

    private NDArray pixels(NDManager scratch, List<ImageTask> group) {
        return sampler.decode(latents(scratch, group));
    }

    private ImageSampler sampler(ImageTask task) {
        return task.erased() ? erasedSampler : sampler;
    }

    /** The original model's images stay the original encoder's altogether. */
    private PromptEncoder negative(ImageTask task) {
        return task.erased() ? negative : original;
    }

    /** Final latents of a batch with one guidance scale and one denoiser, [B, C, h, w], owned by {@code manager}. */
    NDArray latents(NDManager manager, List<ImageTask> group) {
        NDArray positive = positive(manager, group);
        List<String> negatives = group.stream().map(ImageTask::negativePrompt).toList();
        boolean same = negatives.stream().distinct().count() == 1;
        NDArray negativeStates = negative(group.get(0)).encode(manager, same ? negatives.subList(0, 1) : negatives);
        long[] seeds = group.stream().mapToLong(ImageTask::seed).toArray();
        NDArray start = sampler.startNoise(manager, seeds);
        return Autograd.noGrad(() -> sampler(group.get(0)).sample(positive, negativeStates, start, StepNoise.of(seeds), steps,
                group.get(0).guidanceScale(), StepListener.NONE, cancellation));
    }

    /** Each prompt by its own encoder; both encoders' rows come back in the order of the tasks. */
    private NDArray positive(NDManager manager, List<ImageTask> group) {
        List<String> byErased = group.stream().filter(ImageTask::erased).map(ImageTask::prompt).toList();
        List<String> byOriginal = group.stream().filter(task -> !task.erased()).map(ImageTask::prompt).toList();
        if (byOriginal.isEmpty()) {
            return erased.encode(manager, byErased);
        }
        if (byErased.isEmpty()) {
            return original.encode(manager, byOriginal);
        }
        NDArray rows = original.encode(manager, byOriginal).concat(erased.encode(manager, byErased), 0);
        long[] order = new long[group.size()];
        int nextOriginal = 0;
        int nextErased = byOriginal.size();
        for (int i = 0; i < order.length; i++) {
            order[i] = group.get(i).erased() ? nextErased++ : nextOriginal++;
        }
        return rows.get(Tensors.of(manager, order, new Shape(order.length)));
    }
}
