package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Searches the adversarial prompts of one outer step and remembers the last ones for {@code latest} starts. */
final class AdversarialPrompts {

    private final PipelineComponents components;
    private final ErasureSettings settings;
    private final List<ConceptPrompt> contexts;
    private final LatentSource latents;
    private final Student student;
    private final KeyValueDistance distance;
    private final UnetMeter meter;
    private final InnerAttack attack;
    private final NDManager manager;
    private final int width;
    private final ConceptAnswers answers;
    private final Map<String, NDArray> found = new LinkedHashMap<>();

    /** @param answers needed by attacks in the K/V metric, may be {@code null} otherwise */
    AdversarialPrompts(PipelineComponents components, ErasureSettings settings, List<ConceptPrompt> contexts, LatentSource latents,
            Student student, KeyValueDistance distance, ConceptAnswers answers, UnetMeter meter, CancellationToken cancellation,
            NDManager manager) {
        this.components = components;
        this.settings = settings;
        this.contexts = contexts;
        this.latents = latents;
        this.student = student;
        this.distance = distance;
        this.meter = meter;
        this.manager = manager;
        attack = new InnerAttack(settings, components.lane(), cancellation);
        this.answers = answers;
        width = Math.max(settings.attackTokens(), contexts.stream().mapToInt(ConceptPrompt::length).max().orElse(1));
    }

    /**
     * The prompts attacked in one round; a pure function of the round's noise.
     *
     * @param contexts indices of the attacked prompts
     * @param slots their token embeddings with adversarial slots
     */
    record Round(int[] contexts, List<Placement> placements, AttackedPrompts slots) {
    }

    /** Draws contexts and placements. */
    Round round(int batch, Noise noise, NDManager owner) {
        int[] rows = latents.pick(batch, noise.fork("contexts"));
        Noise draw = noise.fork("placements");
        List<Placement> placements = new ArrayList<>(batch);
        List<AdversarialLayout> layouts = new ArrayList<>(batch);
        for (int row : rows) {
            Placement placement = settings.placements().get(draw.nextInt(settings.placements().size()));
            placements.add(placement);
            layouts.add(AdversarialLayout.of(contexts.get(row), placement, settings.attackTokens(), components.tokenizer()));
        }
        return new Round(rows, placements, new AttackedPrompts(layouts, width, student.attacked().encoder(), owner));
    }

    /** Runs the attack; its result is kept as {@link #current}. @return the attacker's mean loss before its last update */
    double attack(Round round, boolean byUnet, Noise noise, NDManager scratch) {
        NDArray start = start(round, noise.fork("start"), scratch);
        Noise draws = noise.fork("latents");
        InnerAttack.Goal goal = byUnet ? unetGoal(round, draws)
                : noise.fork("metric").nextInt(2) == 0 ? keyValueGoal(round, start, scratch) : attentionGoal(round, scratch);
        InnerAttack.Result result = attack.run(start, goal, scratch);
        remember(round, result.adversarial());
        return result.loss();
    }

    /** The adversarial embeddings of the last attack [B, width, D]. */
    NDArray current() {
        return found.get("current");
    }

    /** Everything a checkpoint must hold. */
    Map<String, NDArray> saved() {
        return found;
    }

    private InnerAttack.Goal unetGoal(Round round, Noise draws) {
        return (adversarial, scratch) -> {
            LatentSource.Draw draw = latents.draw(round.contexts(), draws, scratch);
            NDArray hidden = round.slots().hidden(student.attacked().encoder(), adversarial);
            NDArray predicted = student.attacked().unet().forward(draw.latents(), draw.timesteps(), hidden);
            meter.forward(round.contexts().length);
            meter.backward(round.contexts().length);
            return EncoderObjective.rowErrors(predicted, draw.original());
        };
    }

    /**
     * What the frozen encoder says to the same layout: with the start's tokens around the concept, or the concept's tokens in the
     * slots that replace it. Same layout, so positions correspond.
     */
    private InnerAttack.Goal keyValueGoal(Round round, NDArray start, NDManager scratch) {
        WindowPrefix prefix = round.slots().prefix();
        NDArray aim = Autograd.noGrad(() -> round.slots().hidden(components.baseEncoder(), prefix, referenceSlots(round, start, scratch)));
        aim.attach(scratch);
        PromptMetric metric = PromptMetric.keyValue(distance);
        return (adversarial, step) -> metric.distance(round.slots().hidden(student.attacked().encoder(), prefix, adversarial), prefix, aim);
    }

    /** What the frozen encoder says to the plain prompt, wherever it stands: cross-attention does not see the order. */
    private InnerAttack.Goal attentionGoal(Round round, NDManager scratch) {
        WindowPrefix prefix = round.slots().prefix();
        List<NDArray> aim = answers.concepts(round.contexts(), scratch);
        return (adversarial, step) -> answers.distance(round.slots().hidden(student.attacked().encoder(), prefix, adversarial), prefix, aim);
    }

    private NDArray referenceSlots(Round round, NDArray start, NDManager scratch) {
        NDList rows = new NDList();
        for (int i = 0; i < round.contexts().length; i++) {
            ConceptPrompt prompt = contexts.get(round.contexts()[i]);
            NDArray row;
            if (round.placements().get(i) == Placement.REPLACE) {
                int[] ids = new int[width];
                Arrays.setAll(ids, j -> prompt.tokens()[prompt.start() + j % prompt.length()]);
                row = embed(ids, scratch);
            } else {
                row = start.get(i + ":" + (i + 1));
            }
            row.attach(scratch);
            rows.add(row);
        }
        NDArray all = NDArrays.concat(rows);
        all.attach(scratch);
        return all;
    }

    /** Random vocabulary tokens, zero for added perturbations, or the last result of the same concept and placement. */
    private NDArray start(Round round, Noise noise, NDManager scratch) {
        ClipTokenizer tokenizer = components.tokenizer();
        NDList rows = new NDList();
        for (int i = 0; i < round.placements().size(); i++) {
            Placement placement = round.placements().get(i);
            NDArray latest = settings.latestStart() ? found.get(latest(round, i)) : null;
            int[] ids = new int[width];
            Arrays.setAll(ids, j -> noise.nextInt(tokenizer.vocabSize()));
            NDArray row = latest != null ? latest.duplicate() : embed(ids, scratch);
            if (latest == null && placement == Placement.ADD) {
                row = row.zerosLike();
            }
            row.attach(scratch);
            rows.add(row);
        }
        NDArray all = NDArrays.concat(rows);
        all.attach(scratch);
        return all;
    }

    private NDArray embed(int[] ids, NDManager scratch) {
        return Autograd.noGrad(() -> student.attacked().encoder()
                .embed(Tensors.of(scratch, Arrays.stream(ids).asLongStream().toArray(), new Shape(1, ids.length))));
    }

    private void remember(Round round, NDArray adversarial) {
        keep("current", adversarial.duplicate());
        if (settings.latestStart()) {
            for (int i = 0; i < round.placements().size(); i++) {
                keep(latest(round, i), adversarial.get(i + ":" + (i + 1)).duplicate());
            }
        }
    }

    /** Every concept and placement goes on from its own: one concept's tokens are no start for another's. */
    private String latest(Round round, int item) {
        return "latest." + contexts.get(round.contexts()[item]).concept() + "." + round.placements().get(item);
    }

    private void keep(String name, NDArray value) {
        value.attach(manager);
        NDArray before = found.put(name, value);
        if (before != null) {
            before.close();
        }
    }
}
