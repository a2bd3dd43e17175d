package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.WindowPrefix;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Searches the adversarial prompts of one outer step and remembers the last ones for {@code latest} starts. */
final class AdversarialPrompts {

    private static final String CURRENT = "current";
    private static final String START = "start";

    private final PipelineComponents components;
    private final ErasureSettings settings;
    private final List<ConceptPrompt> contexts;
    private final LatentSource latents;
    private final Student student;
    private final KeyValueDistance distance;
    private final UnetMeter meter;
    private final InnerAttack attack;
    private final AttackStarts starts;
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
        starts = new AttackStarts(settings, contexts, student.attacked().encoder(), components.tokenizer(), width);
    }

    /**
     * The prompts attacked in one round; a pure function of the round's noise.
     *
     * @param contexts indices of the attacked prompts
     * @param placements of each prompt's slots, {@code null} in the condition space
     * @param batch the prompts with the places of the adversarial values
     */
    record Round(int[] contexts, List<Placement> placements, AttackedBatch batch) {

        /** Every prompt {@code times} times in a row. */
        Round repeated(int times, NDManager owner) {
            return rows(CleanPrompts.each(contexts.length, times), owner);
        }

        Round rows(int[] rows, NDManager owner) {
            List<Placement> places = placements == null ? null : Arrays.stream(rows).mapToObj(placements::get).toList();
            return new Round(Arrays.stream(rows).map(row -> contexts[row]).toArray(), places, batch.rows(rows, owner));
        }
    }

    /** Draws contexts and placements. */
    Round round(int batch, Noise noise, NDManager owner) {
        int[] rows = latents.pick(batch, noise.fork("contexts"));
        ClipTextModel encoder = student.attacked().encoder();
        CleanPrompts clean = CleanPrompts.of(texts(rows), components.tokenizer(), encoder, owner);
        if (settings.attackSpace() == AttackSpace.CONDITION) {
            return new Round(rows, null, new AttackedConditions(clean));
        }
        Noise draw = noise.fork("placements");
        List<Placement> placements = new ArrayList<>(batch);
        List<AdversarialLayout> layouts = new ArrayList<>(batch);
        for (int row : rows) {
            Placement placement = settings.placements().get(draw.nextInt(settings.placements().size()));
            placements.add(placement);
            layouts.add(AdversarialLayout.of(contexts.get(row), placement, settings.attackTokens(), components.tokenizer()));
        }
        return new Round(rows, placements, AttackedPrompts.of(layouts, clean, width, encoder, owner));
    }

    /**
     * Runs the attack; its result is kept as {@link #current}. With several restarts every prompt is attacked from each in one batch,
     * and the worst for the encoder is kept: training on all of them would cost the outer step as many times more, which
     * {@code eraseBatch} can be raised for.
     *
     * @return the attacker's mean loss, as of {@link InnerAttack.Result}
     */
    double attack(Round round, boolean byUnet, Noise noise, NDManager scratch) {
        int restarts = settings.attackRestarts();
        Round tried = restarts == 1 ? round : round.repeated(restarts, scratch);
        NDArray start = starts.of(tried, found, noise.fork("start"), scratch);
        Noise draws = noise.fork("latents");
        InnerAttack.Goal goal = byUnet ? unetGoal(round, tried, draws, scratch)
                : noise.fork("metric").nextInt(2) == 0 ? keyValueGoal(tried, start, scratch) : attentionGoal(tried, tried.batch().prefix(), scratch);
        InnerAttack.Result result = attack.run(start, bounds(tried, start, scratch), goal, scratch);
        remember(round, result.adversarial());
        return result.loss();
    }

    /** Free AT: the values the first outer step of a round is trained on are the attack's start. */
    void begin(Round round, Noise noise, NDManager scratch) {
        NDArray start = starts.of(round, found, noise.fork("start"), scratch);
        keep(START, start.duplicate());
        remember(round, start);
    }

    /** Free AT: one sign step up the erase loss. @param gradient of the outer step's loss for {@link #current} */
    void ascend(Round round, NDArray gradient, NDManager scratch) {
        NDArray moved = current().duplicate();
        moved.attach(scratch);
        InnerAttack.signStep(moved, gradient, settings.attackLearningRate());
        AttackBounds bounds = bounds(round, found.get(START), scratch);
        if (bounds != null) {
            bounds.project(moved);
        }
        remember(round, moved);
    }

    private AttackBounds bounds(Round round, NDArray start, NDManager scratch) {
        if (settings.attackRadius() == 0) {
            return null;
        }
        ClipTextModel encoder = student.attacked().encoder();
        return components.lane().callNoGrad(DeviceLane.Priority.BACKGROUND,
                () -> round.batch().bounds(encoder, start, settings.attackRadius(), scratch));
    }

    /** The adversarial values of the last attack: [B, width, D] token embeddings, or [B, N, D] in the condition space. */
    NDArray current() {
        return found.get(CURRENT);
    }

    /** Everything a checkpoint must hold. */
    Map<String, NDArray> saved() {
        return found;
    }

    /** Restarts of one prompt see the same latents, so that their losses can be compared. */
    private InnerAttack.Goal unetGoal(Round round, Round tried, Noise draws, NDManager owner) {
        UnaryOperator<NDArray> reading = reading(tried, WindowPrefix.whole(components.tokenizer().maxLength()), owner);
        int restarts = settings.attackRestarts();
        int[] rows = CleanPrompts.each(round.contexts().length, restarts);
        return (adversarial, scratch) -> {
            LatentSource.Draw drawn = latents.draw(round.contexts(), draws, scratch);
            LatentSource.Draw draw = restarts > 1 ? drawn.rows(rows, scratch) : drawn;
            if (adversarial.hasGradient()) {
                meter.gradient(rows.length, settings.checkpointing());
            } else {
                meter.forward(rows.length);
            }
            return student.attacked().denoiser().loss(draw.latents(), draw.timesteps(), hidden(reading, adversarial, scratch),
                    predicted -> EncoderObjective.rowErrors(predicted, draw.original()));
        };
    }

    /**
     * What the frozen encoder says to the same layout: with the start's tokens around the concept, or the concept's tokens in the
     * slots that replace it. Same layout, so positions correspond. In the condition space what it says to the plain prompt.
     */
    private InnerAttack.Goal keyValueGoal(Round round, NDArray start, NDManager scratch) {
        WindowPrefix prefix = round.batch().prefix();
        NDArray aim = Autograd.noGrad(() -> round.placements() == null
                ? components.baseEncoder().encode(scratch, components.tokenizer().encodeAll(texts(round.contexts())))
                : round.batch().hidden(components.baseEncoder(), prefix, referenceSlots(round, start, scratch)));
        aim.attach(scratch);
        return keyValueGoal(round, prefix, aim, scratch);
    }

    private TextGoal keyValueGoal(Round round, WindowPrefix prefix, NDArray aim, NDManager scratch) {
        PromptMetric metric = PromptMetric.keyValue(distance);
        return new TextGoal(reading(round, prefix, scratch), states -> metric.distance(states, prefix, aim),
                rows -> keyValueGoal(round.rows(rows, scratch), prefix.rows(rows), TrajectoryBank.rows(aim, rows, scratch), scratch));
    }

    /** What the frozen encoder says to the plain prompt, wherever it stands: cross-attention does not see the order. */
    private TextGoal attentionGoal(Round round, WindowPrefix prefix, NDManager scratch) {
        List<NDArray> aim = answers.concepts(round.contexts(), scratch);
        return new TextGoal(reading(round, prefix, scratch), states -> answers.distance(states, prefix, aim),
                rows -> attentionGoal(round.rows(rows, scratch), prefix.rows(rows), scratch));
    }

    /**
     * A goal in the K/V metric, where rows need each other nowhere.
     *
     * @param reading of the adversarial values
     * @param distance of what was read, [B]
     * @param some the goal of some rows
     */
    private record TextGoal(UnaryOperator<NDArray> reading, UnaryOperator<NDArray> distance, Function<int[], TextGoal> some)
            implements InnerAttack.Goal {

        @Override
        public NDArray losses(NDArray adversarial, NDManager scratch) {
            return distance.apply(hidden(reading, adversarial, scratch));
        }

        @Override
        public InnerAttack.Goal rows(int[] rows) {
            return some.apply(rows);
        }
    }

    private UnaryOperator<NDArray> reading(Round round, WindowPrefix prefix, NDManager scratch) {
        return components.lane().call(DeviceLane.Priority.BACKGROUND,
                () -> round.batch().reading(student.attacked().encoder(), prefix, scratch));
    }

    private List<String> texts(int[] rows) {
        return Arrays.stream(rows).mapToObj(row -> contexts.get(row).text()).toList();
    }

    private static NDArray hidden(UnaryOperator<NDArray> reading, NDArray adversarial, NDManager scratch) {
        NDArray hidden = reading.apply(adversarial);
        hidden.attach(scratch);
        return hidden;
    }

    private NDArray referenceSlots(Round round, NDArray start, NDManager scratch) {
        NDList rows = new NDList();
        for (int i = 0; i < round.contexts().length; i++) {
            ConceptPrompt prompt = contexts.get(round.contexts()[i]);
            NDArray row;
            if (round.placements().get(i) == Placement.REPLACE) {
                int[] ids = new int[width];
                Arrays.setAll(ids, j -> prompt.tokens()[prompt.start() + j % prompt.length()]);
                row = starts.embed(ids, scratch);
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

    private void remember(Round round, NDArray adversarial) {
        keep(CURRENT, adversarial.duplicate());
        if (settings.latestStart()) {
            for (int i = 0; i < round.contexts().length; i++) {
                keep(starts.latest(round, i), adversarial.get(i + ":" + (i + 1)).duplicate());
            }
        }
    }

    private void keep(String name, NDArray value) {
        value.attach(manager);
        NDArray before = found.put(name, value);
        if (before != null) {
            before.close();
        }
    }
}
