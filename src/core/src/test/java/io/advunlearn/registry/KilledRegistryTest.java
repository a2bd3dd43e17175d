package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.registry.EncoderRegistry.Registration;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of processes that delete encoders and that receive one in parts. */
class KilledRegistryTest {

    /** About 100 kB: deleting and copying it can be cut in the middle. */
    private static final int WIDTH = 32;

    @TempDir
    Path folder;
    private final Random random = new Random(7);

    /** Lets the process report some times and kills it. @return what it reported last, {@code null} if it was through before */
    private String killAfter(Class<?> main, int reports, int millis) throws Exception {
        Process process = ChildJvm.start(main, folder.toString());
        String last = null;
        try (BufferedReader lines = process.inputReader()) {
            for (int report = 0; report < reports; report++) {
                last = lines.readLine();
            }
            Thread.sleep(millis);
            // Through the handle, which leaves the pipe open: what was reported before the kill is still to be read.
            process.toHandle().destroyForcibly();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
            }
        } finally {
            process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        }
        assertThat(process.exitValue()).as("killed, not ended").isEqualTo(137);
        return last;
    }

    @Test
    @Timeout(120)
    void aDeletedEncoderIsWholeOrGone() throws Exception {
        deleteAndKill(3);
    }

    @Test
    @Tag("slow")
    void aDeletedEncoderIsWholeOrGoneManyTimes() throws Exception {
        deleteAndKill(30);
    }

    private void deleteAndKill(int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            String deleted = killAfter(Deleter.class, 2 + random.nextInt(4), random.nextInt(15));
            FileEncoderRegistry registry = new FileEncoderRegistry(folder.resolve("registry"), "observer");
            assertThat(registry.encoder(deleted)).as("was reported as deleted").isEmpty();
            assertThat(registry.check()).allMatch(RegistryFinding::ok);
            registry.collect(Garbage.Ages.DEFAULT, "observer");
            assertThat(leftovers("encoders").filter(DurableFiles::isTombstone)).isEmpty();
        }
    }

    private Stream<Path> leftovers(String directory) throws IOException {
        try (Stream<Path> entries = Files.list(folder.resolve("registry").resolve(directory))) {
            return entries.filter(DurableFiles::isLeftover).toList().stream();
        }
    }

    /** Registers and deletes, reports what was deleted, again and again. */
    static final class Deleter {
        public static void main(String[] args) {
            FileEncoderRegistry registry = new FileEncoderRegistry(Path.of(args[0], "registry"), "deleter");
            Path candidate = new TinyEncoder(1, WIDTH).write(Path.of(args[0], "candidate"));
            for (long i = System.nanoTime();; i++) {
                registry.register(candidate, new Registration("e-" + i, null, "base", List.of(), "imported", "tester", null, new float[0]));
                registry.delete("e-" + i, "tester");
                System.out.println("e-" + i);
            }
        }
    }

    @Test
    @Timeout(120)
    void anUploadGoesOnWhereItWasKilled() throws Exception {
        uploadAndKill(3);
    }

    @Test
    @Tag("slow")
    void anUploadGoesOnWhereItWasKilledManyTimes() throws Exception {
        uploadAndKill(30);
    }

    private void uploadAndKill(int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            String reported = killAfter(Receiver.class, 1 + random.nextInt(6), random.nextInt(15));
            FileEncoderRegistry registry = new FileEncoderRegistry(folder.resolve("registry"), "observer", Duration.ofHours(1));
            assertThat(registry.check()).allMatch(RegistryFinding::ok);
            EncoderUploads uploads = new EncoderUploads(folder.resolve("registry"), UploadLimits.DEFAULT, registry);
            String[] progress = reported.split(" ");
            // what was acknowledged has come, unless the upload is complete by now
            uploads.find(progress[0]).ifPresent(upload -> assertThat(uploads.received(upload, upload.files().get(1)))
                    .isGreaterThanOrEqualTo(Long.parseLong(progress[1])));
        }
        FileEncoderRegistry registry = new FileEncoderRegistry(folder.resolve("registry"), "observer");
        registry.encoders().forEach(encoder -> registry.verify(encoder.id()));
        try (Stream<Path> candidates = Files.list(folder.resolve("registry/uploads"))) {
            assertThat(candidates.filter(path -> RegistryNames.isId(path.getFileName().toString())).count())
                    .as("one is resumed, not many begun").isLessThanOrEqualTo(1);
        }
    }

    /** Goes on with the upload that is there, or begins one, reports every part, and completes it, again and again. */
    static final class Receiver {
        public static void main(String[] args) throws IOException {
            FileEncoderRegistry registry = new FileEncoderRegistry(Path.of(args[0], "registry"), "receiver");
            EncoderUploads uploads = new EncoderUploads(Path.of(args[0], "registry"), UploadLimits.DEFAULT, registry);
            Path candidate = new TinyEncoder(1, WIDTH).write(Path.of(args[0], "candidate-" + System.nanoTime()));
            List<EncoderUpload.Part> files = Stream.of("config.json", "model.safetensors").map(candidate::resolve).map(EncoderUploadsTest::announced).toList();
            while (true) {
                EncoderUpload upload = uploads.all().stream().findFirst()
                        .orElseGet(() -> uploads.begin("e-" + System.nanoTime(), null, null, List.of(), files, "tester"));
                for (EncoderUpload.Part file : upload.files()) {
                    byte[] bytes = Files.readAllBytes(candidate.resolve(file.name()));
                    for (long offset = uploads.received(upload, file); offset < file.size();) {
                        Path part = Files.write(uploads.temporary(), Arrays.copyOfRange(bytes, (int) offset, (int) Math.min(file.size(), offset + 16_000)));
                        offset = uploads.append(upload, file.name(), offset, part);
                        Files.delete(part);
                        System.out.println(upload.id() + " " + (file.name().equals("config.json") ? 0 : offset));
                    }
                }
                uploads.complete(upload, ReferenceRun.NONE, "tester");
            }
        }
    }
}
