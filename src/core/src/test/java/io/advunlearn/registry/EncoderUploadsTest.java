package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.EncoderRegistry.Registration;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncoderUploadsTest {

    @TempDir
    Path temporary;
    private Path root;
    private FileEncoderRegistry registry;
    private EncoderUploads uploads;
    private Path folder;

    @BeforeEach
    void open() {
        root = temporary.resolve("registry");
        registry = new FileEncoderRegistry(root, "replica-1");
        uploads = uploads(UploadLimits.DEFAULT);
        folder = new TinyEncoder(1).write(temporary.resolve("candidate"));
    }

    private EncoderUploads uploads(UploadLimits limits) {
        return new EncoderUploads(root, limits, registry);
    }

    static EncoderUpload.Part announced(Path file) {
        try {
            return new EncoderUpload.Part(file.getFileName().toString(), Files.size(file), Sha256.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<EncoderUpload.Part> files() {
        return List.of(announced(folder.resolve("config.json")), announced(folder.resolve("model.safetensors")));
    }

    private EncoderUpload begin(String id) {
        return uploads.begin(id, null, null, List.of("church"), files(), "alice");
    }

    private long append(EncoderUpload upload, String name, long offset, byte[] bytes) throws IOException {
        Path part = Files.write(uploads.temporary(), bytes);
        try {
            return uploads.append(upload, name, offset, part);
        } finally {
            Files.delete(part);
        }
    }

    private void send(EncoderUpload upload, String name, int partSize) throws IOException {
        byte[] bytes = Files.readAllBytes(folder.resolve(name));
        for (int offset = 0; offset < bytes.length; offset += partSize) {
            append(upload, name, offset, Arrays.copyOfRange(bytes, offset, Math.min(bytes.length, offset + partSize)));
        }
    }

    @Test
    void partsBecomeARegisteredEncoder() throws IOException {
        EncoderUpload upload = begin("church-1");
        send(upload, "config.json", 100);
        send(upload, "model.safetensors", 1000);
        assertThat(uploads.received(upload, upload.files().get(1))).isEqualTo(upload.files().get(1).size());
        EncoderManifest manifest = uploads.complete(upload, (directory, kind) -> java.util.Optional.of(new ReferenceRun.Output("a photo", new float[] {1})), "bob");
        assertThat(manifest.digest()).isEqualTo(Sha256.of(folder.resolve("model.safetensors")));
        assertThat(manifest.erasures()).containsExactly("church");
        assertThat(manifest.method()).isEqualTo("imported");
        assertThat(manifest.referencePrompt()).isEqualTo("a photo");
        assertThat(registry.verify("church-1").digest()).isEqualTo(manifest.digest());
        assertThat(uploads.find(upload.id())).isEmpty();
        try (Stream<Path> left = Files.list(root.resolve("uploads"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void shardsAndTheirIndexBecomeOneFile() throws IOException {
        folder = new TinyEncoder(1).writeShards(temporary.resolve("shards"), "");
        try (Stream<Path> files = Files.list(folder)) {
            EncoderUpload upload = uploads.begin("sharded", null, null, List.of(), files.map(EncoderUploadsTest::announced).toList(), "alice");
            for (EncoderUpload.Part part : upload.files()) {
                send(upload, part.name(), 1 << 20);
            }
            assertThat(uploads.complete(upload, ReferenceRun.NONE, "alice").tensors()).hasSize(new TinyEncoder(1).tensors.size());
        }
        assertThat(registry.directory("sharded").resolve("model.safetensors")).exists();
    }

    @Test
    void aPartBeginsWhereTheOneBeforeEnded() throws IOException {
        EncoderUpload upload = begin("church-1");
        append(upload, "model.safetensors", 0, new byte[100]);
        for (long offset : new long[] {0, 99, 101}) {
            assertThatThrownBy(() -> append(upload, "model.safetensors", offset, new byte[10])).isInstanceOf(ConflictException.class)
                    .hasMessage("model.safetensors has 100 bytes here, the next part must begin there and not at " + offset);
        }
        assertThat(append(upload, "model.safetensors", 100, new byte[10])).isEqualTo(110);
        assertThatThrownBy(() -> append(upload, "config.json", 0, new byte[10_000])).isInstanceOf(RegistryException.class)
                .hasMessageContaining("config.json was announced with").hasMessageContaining("it would have 10000");
        assertThatThrownBy(() -> append(upload, "config.json", 0, new byte[0])).hasMessageContaining("a part must have 1 to 33554432 bytes, not 0");
        assertThatThrownBy(() -> append(upload, "manifest.json", 0, new byte[1]))
                .hasMessage("this upload has no file 'manifest.json'; it has: config.json, model.safetensors");
        assertThatThrownBy(() -> uploads.complete(upload, ReferenceRun.NONE, "alice")).isInstanceOf(ConflictException.class)
                .hasMessageContaining("config.json has 0 of");
        Path large = uploads.temporary();
        try (FileChannel channel = FileChannel.open(large, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.allocate(1), UploadLimits.PART_BYTES);
        }
        assertThatThrownBy(() -> uploads.append(upload, "config.json", 0, large)).hasMessageContaining("not 33554433");
    }

    @Test
    void twoPartsOfOneFileAreNotWrittenAtOnce() throws IOException {
        EncoderUpload upload = begin("church-1");
        append(upload, "config.json", 0, new byte[10]);
        try (FileChannel other = FileChannel.open(root.resolve("uploads").resolve(upload.id()).resolve("files/config.json"), StandardOpenOption.WRITE);
                FileLock held = other.lock()) {
            assertThat(held.isValid()).isTrue();
            assertThatThrownBy(() -> append(upload, "config.json", 10, new byte[10])).isInstanceOf(ConflictException.class).hasMessageContaining("is being written");
        }
    }

    @Test
    void aFileThatIsNotTheAnnouncedOneIsEmptied() throws IOException {
        EncoderUpload upload = begin("church-1");
        send(upload, "config.json", 100);
        append(upload, "model.safetensors", 0, new byte[(int) upload.files().get(1).size()]);
        assertThatThrownBy(() -> uploads.complete(upload, ReferenceRun.NONE, "alice")).isInstanceOf(RegistryException.class)
                .hasMessageContaining("model.safetensors has SHA-256").hasMessageContaining("it was emptied, send it again");
        assertThat(uploads.received(upload, upload.files().get(1))).isZero();
        send(upload, "model.safetensors", 4096);
        assertThat(uploads.complete(upload, ReferenceRun.NONE, "alice").id()).isEqualTo("church-1");
    }

    @Test
    void whatIsNoEncoderIsRefusedAndTheUploadStays() throws IOException {
        folder = new TinyEncoder(1).with(encoder -> encoder.tensors.remove("text_model.final_layer_norm.bias")).write(temporary.resolve("faulty"));
        EncoderUpload upload = begin("faulty");
        send(upload, "config.json", 4096);
        send(upload, "model.safetensors", 4096);
        assertThatThrownBy(() -> uploads.complete(upload, ReferenceRun.NONE, "alice")).isInstanceOf(RegistryException.class).hasMessageContaining("missing");
        assertThat(uploads.find(upload.id())).isPresent();
        uploads.remove(upload.id());
        assertThat(uploads.all()).isEmpty();
    }

    @Test
    void completingAgainAfterACrashFindsTheEncoder() throws IOException {
        EncoderUpload upload = begin("church-1");
        send(upload, "config.json", 4096);
        send(upload, "model.safetensors", 4096);
        registry.register(folder, new Registration("church-1", null, null, List.of("church"), "imported", "alice", null, new float[0]));
        assertThat(uploads.complete(upload, ReferenceRun.NONE, "alice").id()).isEqualTo("church-1");

        assertThatThrownBy(() -> begin("church-1")).isInstanceOf(ConflictException.class).hasMessageContaining("exists already");
    }

    @Test
    void anotherEncoderOfThatIdIsNotTakenForIt() throws IOException {
        EncoderUpload upload = begin("church-1");
        send(upload, "config.json", 4096);
        send(upload, "model.safetensors", 4096);
        registry.register(new TinyEncoder(2).write(temporary.resolve("other")),
                new Registration("church-1", null, null, List.of("church"), "imported", "mallory", null, new float[0]));
        assertThatThrownBy(() -> uploads.complete(upload, ReferenceRun.NONE, "alice")).isInstanceOf(ConflictException.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "pytorch_model.bin  | 10   | pickles are never accepted",
        "../config.json     | 10   | pickles are never accepted",
        "tokenizer.json     | 10   | pickles are never accepted",
        "config.json        | 10   | files names config.json twice",
        "more.safetensors   | 0    | the size of more.safetensors must be at least 1, not 0",
        "model.safetensors.index.json | 20000000 | must be at least 1 and at most 10485760"})
    void onlyAnEncodersFilesAreTaken(String name, long size, String message) {
        List<EncoderUpload.Part> files = Stream.concat(files().stream(), Stream.of(new EncoderUpload.Part(name, size, "0".repeat(64)))).toList();
        assertThatThrownBy(() -> uploads.begin("x", null, null, List.of(), files, "alice")).isInstanceOf(RegistryException.class).hasMessageContaining(message);
        assertThat(uploads.all()).isEmpty();
    }

    @Test
    void whatCannotBecomeAnEncoderIsRefusedBeforeAnythingIsSent() {
        List<EncoderUpload.Part> files = files();
        assertThatThrownBy(() -> uploads.begin("base", null, null, List.of(), files, "alice")).hasMessageContaining("'base' is the encoder that came with the model");
        assertThatThrownBy(() -> uploads.begin("A", null, null, List.of(), files, "alice")).hasMessageContaining("id must match");
        assertThatThrownBy(() -> uploads.begin("x", "ghost", null, List.of(), files, "alice")).hasMessageContaining("parent 'ghost'");
        assertThatThrownBy(() -> uploads.begin("x", null, null, List.of(), files.subList(0, 1), "alice")).hasMessageContaining("at least one .safetensors file");
        assertThatThrownBy(() -> uploads.begin("x", null, null, List.of(), files.subList(1, 2), "alice")).hasMessageContaining("config.json");
        assertThatThrownBy(() -> uploads.begin("x", null, null, List.of(), List.of(files.get(0), new EncoderUpload.Part("model.safetensors", 1, "abc")), "alice"))
                .hasMessageContaining("sha256 of model.safetensors must be 64 hexadecimal digits");
        assertThat(uploads.find("../audit")).isEmpty();
    }

    @Test
    void allUploadsTogetherHaveALimitAndAbandonedOnesMakeRoom() throws IOException {
        long size = files().stream().mapToLong(EncoderUpload.Part::size).sum();
        uploads = uploads(new UploadLimits(size + 1, Duration.ofHours(1)));
        EncoderUpload first = begin("first");
        assertThatThrownBy(() -> begin("second")).isInstanceOf(RegistryException.class)
                .hasMessage("unfinished uploads may have " + (size + 1) + " bytes together, with this one they would have " + 2 * size);
        append(first, "config.json", 0, new byte[10]);
        try (Stream<Path> files = Files.walk(root.resolve("uploads").resolve(first.id()))) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
            }
        }
        assertThat(registry.garbage(new Garbage.Ages(Duration.ofDays(30), Duration.ofHours(1), Duration.ofHours(1)))).extracting(Garbage::kind, Garbage::name)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("upload", first.id()));
        EncoderUpload second = begin("second");
        assertThat(uploads.all()).extracting(EncoderUpload::id).containsExactly(second.id());
        assertThatThrownBy(() -> uploads(new UploadLimits(0, Duration.ofHours(1))).begin("x", null, null, List.of(), files(), "alice"))
                .as("off").isInstanceOf(RegistryException.class);
    }
}
