package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.SafetensorsException;
import io.advunlearn.tensor.Tensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trajectory banks on disk, so that erasing the same concept again, with another method or other training settings, does not sample them anew.
 * A bank's name is a hash of everything it is made from: the UNet's weights, the scheduler, the prompts' embeddings, the rollout's settings and
 * the seed. Processes may share the directory: files appear by renaming and are checked by digest when read. The least recently used go when the
 * directory grows over its bound.
 */
final class BankStore {

    /** Names the directory; banks are not kept without it. As an environment variable: {@code ADVUNLEARN_BANK_DIRECTORY}. */
    static final String PROPERTY = "advunlearn.bank-directory";

    private static final Logger LOG = LoggerFactory.getLogger(BankStore.class);
    private static final String ENVIRONMENT = "ADVUNLEARN_BANK_DIRECTORY";
    private static final String SUFFIX = ".safetensors";
    private static final long MOST_BYTES = 4L << 30;
    private static final int FORMAT = 1;

    private final Path directory;
    private final long mostBytes;
    private final PipelineComponents components;
    private final ErasureSettings settings;
    private final long seed;
    private String pipelineDigest;
    private int reused;

    /** @param mostBytes bound of the directory's size; a bank larger than it is not kept */
    BankStore(Path directory, long mostBytes, PipelineComponents components, ErasureSettings settings, long seed) {
        this.directory = directory;
        this.mostBytes = mostBytes;
        this.components = components;
        this.settings = settings;
        this.seed = seed;
    }

    /** The store that the system property or the environment names, if any. */
    static Optional<BankStore> configured(PipelineComponents components, ErasureSettings settings, long seed) {
        String named = System.getProperty(PROPERTY, System.getenv(ENVIRONMENT));
        return named == null || named.isBlank() ? Optional.empty()
                : Optional.of(new BankStore(Path.of(named), MOST_BYTES, components, settings, seed));
    }

    /** Reads the bank, or builds and keeps it; the numbers are the same either way. @param name tells the banks of one erasure apart */
    TrajectoryBank get(FrozenPredictions frozen, PromptSet prompts, String name, Noise noise, NDManager manager) {
        Path file = directory.resolve(key(prompts, name) + SUFFIX);
        Optional<TrajectoryBank> kept = read(file, manager);
        if (kept.isPresent()) {
            reused++;
            return kept.get();
        }
        TrajectoryBank bank = TrajectoryBank.build(frozen, prompts, noise, manager);
        keep(file, bank);
        return bank;
    }

    /** Banks that were read instead of built. */
    int reused() {
        return reused;
    }

    private String key(PromptSet prompts, String name) {
        MessageDigest digest = sha256();
        digest.update((FORMAT + "\n" + name + "\n" + seed + "\n" + components.device().getDeviceType() + "\n" + settings.bankSteps() + "\n"
                + settings.startGuidance() + "\n" + settings.target() + "\n" + settings.negativeGuidance() + "\n" + prompts.retained() + "\n"
                + pipelineDigest() + "\n").getBytes(StandardCharsets.UTF_8));
        for (NDArray embeddings : List.of(prompts.prompts(), prompts.anchors(), prompts.empty())) {
            digest.update((embeddings.getShape() + "\n").getBytes(StandardCharsets.UTF_8));
            digest.update(Tensors.bytes(embeddings));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Of what is in memory: an evaluation may have replaced the UNet of the model directory. */
    private String pipelineDigest() {
        if (pipelineDigest == null) {
            MessageDigest digest = sha256();
            new TreeMap<>(components.unet().weights().asMap()).forEach((weight, values) -> {
                digest.update(weight.getBytes(StandardCharsets.UTF_8));
                digest.update(Tensors.bytes(values));
            });
            for (ConfigFile config : List.of(components.configs().unet(), components.configs().scheduler())) {
                digest.update(config.json().getBytes(StandardCharsets.UTF_8));
            }
            pipelineDigest = HexFormat.of().formatHex(digest.digest());
        }
        return pipelineDigest;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Empty if there is none or it is damaged, which is then as good as none. */
    private static Optional<TrajectoryBank> read(Path file, NDManager manager) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (Safetensors saved = Safetensors.open(file)) {
            for (String tensor : saved.tensors().keySet()) {
                if (!saved.sha256(tensor).equals(saved.metadata().get(tensor))) {
                    LOG.warn("Bank {} is damaged and is built anew", file);
                    return Optional.empty();
                }
            }
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            return Optional.of(TrajectoryBank.read(saved, manager));
        } catch (IOException | SafetensorsException e) {
            LOG.warn("Bank {} cannot be read and is built anew: {}", file, e.getMessage());
            return Optional.empty();
        }
    }

    /** A bank that cannot be kept costs time later, nothing else. */
    private void keep(Path file, TrajectoryBank bank) {
        if (bank.bytes() > mostBytes) {
            return;
        }
        try {
            Files.createDirectories(directory);
            makeRoom(bank.bytes());
            bank.write(file);
        } catch (IOException | SafetensorsException e) {
            LOG.warn("The trajectory bank could not be kept in {}: {}", directory, e.getMessage());
        }
    }

    private void makeRoom(long needed) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(directory)) {
            entries.filter(entry -> entry.getFileName().toString().endsWith(SUFFIX) && Files.isRegularFile(entry)).forEach(files::add);
        }
        files.sort(Comparator.comparing(file -> file.toFile().lastModified()));
        long used = files.stream().mapToLong(file -> file.toFile().length()).sum();
        for (Path oldest : files) {
            if (used + needed <= mostBytes) {
                return;
            }
            used -= oldest.toFile().length();
            Files.deleteIfExists(oldest);
        }
    }
}
