package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.DeviceLane;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.ParallelWork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One erasure: the loop that {@link AdvUnlearn} and {@link Esd} share, for the text encoder and for the UNet. Formulae: AdvUnlearn (arXiv 2405.15234),
 * sections on the upper and the lower level. An outer step has an erase part and a retain part, each one piece of work on the device
 * lane; serving goes in between.
 */
final class EncoderErasure implements AutoCloseable {

    /** One retained prompt out of so many is the empty one when the UNet is trained with a bank. */
    private static final int EMPTY_EVERY = 5;

    private final PipelineComponents components;
    private final ErasureRequest request;
    private final ErasureSettings settings;
    private final EarlyStop earlyStop;
    private final CancellationToken cancellation;
    private final Path workDirectory;
    private final Noise root;
    /** {@code null} if banks are not kept. */
    private final BankStore banks;
    private final ErasureProgress progress;
    private final NDManager manager;
    private final Student student;
    private final Adam adam;
    private final KeyValueDistance distance;
    private final LatentSource conceptLatents;
    private final LatentSource retainLatents;
    private final EncoderObjective objective;
    /** The objective of a step's second part; another one where that is computed at the same time as the first. */
    private final EncoderObjective second;
    private final AdversarialPrompts adversary;
    private final SearchedPrompts searched;
    private final ErasureCheckpoint checkpoint;
    private final String anchor;
    private int iteration;
    private AdversarialPrompts.Round round;
    private NDManager roundManager;
    private int roundOf = -1;

    EncoderErasure(PipelineComponents components, ErasureRequest request, ErasureSettings settings, Path workDirectory,
            ErasureListener listener, CancellationToken cancellation) {
        EncoderErasureCheck.check(components, request, settings);
        this.components = components;
        this.request = request;
        this.settings = settings;
        earlyStop = new EarlyStop(settings.stopWindow());
        this.workDirectory = workDirectory;
        progress = new ErasureProgress(listener, settings.iterations());
        this.cancellation = cancellation;
        root = new Noise(request.seed()).fork("erasure");
        banks = BankStore.configured(components, settings, request.seed()).orElse(null);
        manager = NDManager.newBaseManager(components.device(), "PyTorch");
        try {
            PromptCatalog catalog = ErasurePrompts.catalog(components, request);
            ClipTextModel start = StartingEncoder.load(request.start(), components, manager);
            FrozenPredictions frozen = new FrozenPredictions(components, start, progress.meter(), settings, cancellation);
            distance = KeyValueDistance.of(components.unet());
            ClassDistance classes = new ClassDistance(catalog,
                    new PromptEncoder(components.tokenizer(), components.baseEncoder(), components.lane()), distance, manager);
            List<String> anchors = AnchorChoice.resolve(settings.anchor(), catalog, request, classes);
            anchor = String.join(", ", anchors);
            RetainFilter filter = new RetainFilter(request, settings.retainDistance(), classes, root.fork("retain-filter"));
            ErasurePrompts prompts = new ErasurePrompts(components, catalog, request, anchors, filter);
            List<ConceptPrompt> contexts = settings.bank() ? prompts.contexts(settings.bankStarts(), root.fork("contexts")) : prompts.bare();
            List<String> retained = retained(prompts);
            student = Student.of(components, start, settings, manager);
            adam = new Adam(student.parameters(), settings.learningRate(), manager);
            event("bank", Map.of("trained_parameters", (double) student.parameterCount(), "retain_dropped", (double) filter.dropped().size()));
            conceptLatents = source(frozen, PromptSet.concept(frozen, contexts, manager), "concept");
            retainLatents = source(frozen, PromptSet.retained(frozen, retained, manager), "retain");
            ConceptAnswers answers = settings.needsAnswers() ? new ConceptAnswers(components, contexts, conceptLatents, frozen, distance,
                    progress.meter(), root.fork("queries"), manager) : null;
            List<String> words = Stream.concat(catalog.objects().stream(), catalog.styles().stream()).toList();
            searched = settings.searchInterval() == 0 ? null
                    : new SearchedPrompts(components, settings, contexts, words, student, start, answers, cancellation, manager);
            TextTerms texts = new TextTerms(components, settings, prompts, frozen, distance, searched, answers, root, manager);
            objective = objective(student, contexts, retained, texts);
            second = Student.trainsBothParts(components, settings) ? objective(student.beside(manager), contexts, retained, texts) : objective;
            adversary = new AdversarialPrompts(components, settings, contexts, conceptLatents, student, distance, answers, progress.meter(),
                    cancellation, manager);
            createDirectory();
            RetainFile.write(workDirectory.resolve("retain.csv"), prompts.retainedRows());
            checkpoint = new ErasureCheckpoint(workDirectory, Fingerprint.of(request, settings, components.baseDigest()));
            restore();
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private List<String> retained(ErasurePrompts prompts) {
        int count = settings.bank() ? settings.retainStarts() : ErasureCost.PUBLISHED_RETAIN_PROMPTS;
        List<String> retained = new ArrayList<>(prompts.retained(count, root.fork("retained")));
        if (settings.bank() && settings.trainsUnet()) {
            // Every guided image needs what the UNet predicts without a prompt; the published list has no such row.
            for (int i = 0; i < retained.size(); i += EMPTY_EVERY) {
                retained.set(i, "");
            }
        }
        return retained;
    }

    private EncoderObjective objective(Student trained, List<ConceptPrompt> contexts, List<String> retained, TextTerms texts) {
        return new EncoderObjective(components, settings, progress.meter(), trained, contexts, retained, conceptLatents, retainLatents, texts);
    }

    private void createDirectory() {
        try {
            Files.createDirectories(workDirectory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private LatentSource source(FrozenPredictions frozen, PromptSet prompts, String name) {
        if (settings.bank()) {
            Noise noise = root.fork(name + "-bank");
            return banks == null ? TrajectoryBank.build(frozen, prompts, noise, manager) : banks.get(frozen, prompts, name, noise, manager);
        }
        return new FreshRollouts(frozen.rolledOutBy(student.unet()), prompts,
                components.scheduler().ddim().timesteps(settings.bankSteps()), root.fork(name + "-order"));
    }

    ErasureResult run() {
        try {
            boolean ended = iteration == settings.iterations() || earlyStop.settled();
            while (!ended) {
                cancellation.throwIfCancelled();
                iterate(root.fork("iteration-" + iteration));
                ended = iteration == settings.iterations() || earlyStop.settled();
                if (ended || iteration % settings.checkpointInterval() == 0) {
                    save();
                }
            }
        } catch (CancellationException e) {
            save();
            event("cancelled", Map.of());
            throw e;
        }
        cancellation.throwIfTakenAway();
        Path folder = student.write(workDirectory);
        ErasureStart.describe(folder, request, settings, components.baseDigest());
        event("done", costs());
        return new ErasureResult(folder, iteration, progress.meter().forward(), progress.meter().backward(), progress.seconds(),
                student.parameterCount(), settings, anchor);
    }

    private void iterate(Noise noise) {
        try (NDManager scratch = manager.newSubManager()) {
            boolean attacked = settings.attackSteps() > 0 && iteration >= settings.warmupIterations();
            Map<String, Double> values = costs();
            if (attacked) {
                prepareRound(values, scratch);
            }
            if (searched != null && iteration >= settings.warmupIterations()
                    && (iteration - settings.warmupIterations()) % settings.searchInterval() == 0) {
                values.put("distance_searched", searched.search(noise.fork("search")));
            }
            if (settings.usesUnet(iteration)) {
                step(attacked, noise, values, scratch);
            } else {
                stepWithoutUnet(attacked, noise, values, scratch);
            }
            iteration++;
            earlyStop.record(values);
            values.putAll(costs());
            event(attacked ? "adversarial" : "warmup", values);
        }
    }

    private void step(boolean attacked, Noise noise, Map<String, Double> values, NDManager scratch) {
        Supplier<List<NDArray>> erase = attacked ? eraseAttacked(noise, values, scratch)
                : lane(() -> objective.eraseClean(noise.fork("erase"), values, scratch));
        if ("reg".equals(settings.retainMode())) {
            both(erase, kept -> second.retain(noise.fork("retain"), settings.retainWeight(), kept, scratch), values);
        } else {
            update(lane(erase));
            for (int i = 0; i < settings.retainSteps(); i++) {
                Noise draw = noise.fork("retain-" + i);
                update(lane(() -> second.retain(draw, 1, values, scratch).get()));
            }
        }
    }

    private void stepWithoutUnet(boolean attacked, Noise noise, Map<String, Double> values, NDManager scratch) {
        AdversarialPrompts.Round now = attacked ? round : null;
        Supplier<List<NDArray>> found = lane(() -> objective.foundTexts(now, adversary.current(), noise, values, scratch));
        both(found, known -> second.knownTexts(now, noise, known, scratch), values);
    }

    /**
     * One update by the gradients of both parts of a step: at once, if each has its own leaves, or one after the other.
     *
     * @param other given the map for its values, draws what it needs
     */
    private void both(Supplier<List<NDArray>> one, Function<Map<String, Double>, Supplier<List<NDArray>>> other, Map<String, Double> values) {
        Map<String, Double> ofOther = new LinkedHashMap<>();
        Supplier<List<NDArray>> two = lane(() -> other.apply(ofOther));
        List<List<NDArray>> gradients = second == objective ? List.of(lane(one), lane(two)) : lane(() -> ParallelWork.all(List.of(one, two)));
        values.putAll(ofOther);
        add(gradients.get(0), gradients.get(1));
        update(gradients.get(0));
    }

    /** Free AT replays a round with the same latents and moves the adversarial values by the same backward pass. */
    private Supplier<List<NDArray>> eraseAttacked(Noise noise, Map<String, Double> values, NDManager scratch) {
        boolean free = settings.attackMethod() == AttackMethod.FREE_AT;
        Noise draw = (free ? roundNoise() : noise).fork("erase");
        Supplier<EncoderObjective.AttackedGradients> attacked = lane(
                () -> objective.eraseAttacked(round, adversary.current(), free, draw, values, scratch));
        return () -> {
            EncoderObjective.AttackedGradients gradients = attacked.get();
            if (free) {
                adversary.ascend(round, gradients.adversarial(), scratch);
            }
            return gradients.weights();
        };
    }

    /** Attacks anew every {@code roundLength} steps; between, and after a resume, the round is redrawn from its own noise. */
    private void prepareRound(Map<String, Double> values, NDManager scratch) {
        int since = (iteration - settings.warmupIterations()) % settings.roundLength();
        int wanted = iteration - since;
        if (roundOf == wanted) {
            return;
        }
        if (roundManager != null) {
            roundManager.close();
        }
        roundManager = manager.newSubManager();
        roundOf = wanted;
        Noise noise = roundNoise();
        round = adversary.round(settings.eraseBatch(), noise, roundManager);
        if (since > 0 && adversary.current() != null) {
            return;
        }
        if (settings.attackMethod() == AttackMethod.FREE_AT) {
            adversary.begin(round, noise.fork("attack"), scratch);
        } else {
            values.put("loss_attack", adversary.attack(round, settings.attacksByUnet(iteration), noise.fork("attack"), scratch));
        }
    }

    private Noise roundNoise() {
        return root.fork("round-" + roundOf);
    }

    private void update(List<NDArray> gradients) {
        lane(() -> {
            Gradients.clip(gradients, settings.gradientClip());
            adam.step(gradients, settings.rateShare(iteration));
            return null;
        });
    }

    private static void add(List<NDArray> sum, List<NDArray> more) {
        for (int i = 0; i < sum.size(); i++) {
            sum.get(i).addi(more.get(i));
        }
    }

    private <T> T lane(Supplier<T> work) {
        return components.lane().call(DeviceLane.Priority.BACKGROUND, work);
    }

    private void restore() {
        if (checkpoint.exists()) {
            ErasureCheckpoint.Counters saved = checkpoint.restore(student, adam, adversary.saved(), manager);
            if (searched != null) {
                searched.restore(adversary.saved());
            }
            earlyStop.restore(adversary.saved());
            iteration = saved.iteration();
            progress.restore(saved);
            conceptLatents.position(saved.conceptPosition());
            retainLatents.position(saved.retainPosition());
        }
    }

    private void save() {
        cancellation.throwIfTakenAway();
        try (NDManager scratch = manager.newSubManager()) {
            Map<String, NDArray> prompts = new LinkedHashMap<>(adversary.saved());
            if (searched != null) {
                searched.save(prompts, scratch);
            }
            earlyStop.save(prompts, scratch);
            checkpoint.save(student, adam, prompts, new ErasureCheckpoint.Counters(iteration, progress.meter().forward(),
                    progress.meter().backward(), progress.seconds(), conceptLatents.position(), retainLatents.position()));
        }
        event("checkpoint", costs());
    }

    private Map<String, Double> costs() {
        Map<String, Double> costs = progress.costs();
        if (banks != null) {
            costs.put("bank_reused", (double) banks.reused());
        }
        return costs;
    }

    private void event(String phase, Map<String, Double> values) {
        progress.event(phase, iteration, values);
    }

    @Override
    public void close() {
        distance.close();
        manager.close();
    }
}
