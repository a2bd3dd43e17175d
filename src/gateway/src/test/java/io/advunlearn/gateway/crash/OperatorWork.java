package io.advunlearn.gateway.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.gateway.ChildGateway;
import io.advunlearn.gateway.EncoderFixture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What an operator does, one thing after the other, each told to the model before and after. */
final class OperatorWork {

    /** What can be cut short. */
    enum Kind { IMPORT, UPLOAD, SWAP, ERASE, PROMOTE, DELETE }

    private static final String TEXT_ENCODER = "/pipelines/" + ChildGateway.PIPELINE + "/text-encoder";
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final List<String> ERASURES = List.of("church");
    private static final Map<?, ?> ERASURE = Map.of("concept", "church", "from", "base", "seed", 5, "settings", settings());
    private static final int PARTS = 4;
    /** A little after the usual end, so that what is answered is killed, too. */
    private static final double LATEST = 1.2;

    private static Map<?, ?> settings() {
        try {
            return new ObjectMapper().readValue(EncoderFixture.TINY_ERASURE, Map.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final AdminCalls admin;
    private final ChildGateway gateway;
    private final RegistryModel model;
    private final String weak;
    private final Random random;
    /** Usual milliseconds of each; the first are guesses. */
    private final Map<Kind, Double> durations = new EnumMap<>(Map.of(Kind.IMPORT, 200.0, Kind.UPLOAD, 500.0, Kind.SWAP, 200.0, Kind.ERASE, 5000.0,
            Kind.PROMOTE, 200.0, Kind.DELETE, 50.0));
    private Upload upload;
    /** What the next piece of work is about. */
    private String subject;
    private int written;

    OperatorWork(ChildGateway gateway, RegistryModel model, String weak, Random random) {
        this.gateway = gateway;
        this.model = model;
        this.weak = weak;
        this.random = random;
        admin = new AdminCalls(gateway);
    }

    /**
     * An encoder that is being sent.
     *
     * @param id of the upload, {@code null} as long as that was not answered
     * @param acknowledged bytes of the weights that have come
     */
    private record Upload(String id, String encoder, long acknowledged) { }

    AdminCalls admin() {
        return admin;
    }

    /** When to kill after the beginning, milliseconds. */
    long moment(Kind kind) {
        return (long) (random.nextDouble() * LATEST * durations.get(kind));
    }

    /** Does some work that is answered, and what the next piece needs. */
    void prepare(Kind kind) throws Exception {
        admin.call("PUT", TEXT_ENCODER, Map.of("encoder", weak)).with(409);
        Kind before = random.nextBoolean() ? Kind.IMPORT : Kind.SWAP;
        prepareSubject(before);
        run(before);
        prepareSubject(kind);
    }

    private void prepareSubject(Kind kind) throws Exception {
        subject = switch (kind) {
            case IMPORT, UPLOAD -> written();
            case DELETE -> imported();
            case SWAP -> another();
            case PROMOTE -> candidate();
            case ERASE -> null;
        };
    }

    /** The work that was prepared. @throws AdminCalls.Unanswered if the gateway is killed before it is done */
    void run(Kind kind) throws InterruptedException {
        long start = System.nanoTime();
        switch (kind) {
            case IMPORT -> importFolder(subject);
            case UPLOAD -> upload(subject);
            case SWAP -> promote("PUT", TEXT_ENCODER, subject, Map.of("encoder", subject));
            case ERASE -> succeeded(erase());
            case PROMOTE -> promote("POST", "/erasures/" + subject + "/promotion", subject, Map.of());
            case DELETE -> delete(subject);
        }
        durations.merge(kind, (System.nanoTime() - start) / 1e6, (before, now) -> (before + now) / 2);
    }

    /** A folder of an encoder that nobody has seen. */
    private String written() throws IOException {
        String id = "e-" + ++written;
        EncoderFixture.scaled(gateway.imports().resolve(id), 1 + 0.002f * written);
        return id;
    }

    private String imported() throws IOException {
        String id = written();
        importFolder(id);
        return id;
    }

    private void importFolder(String id) {
        model.registers(id, digest(id));
        admin.call("POST", "/encoders", Map.of("id", id, "folder", id, "erasures", ERASURES)).with(201);
        model.registered();
    }

    private String another() {
        List<String> others = model.encoders().stream().filter(id -> !id.equals(weak) && !id.equals(model.served())).toList();
        return others.get(random.nextInt(others.size()));
    }

    private void promote(String method, String path, String id, Map<String, String> body) {
        model.promotes(id);
        model.promoted(admin.call(method, path, body).with(200).path("generation").asLong());
    }

    private void delete(String id) {
        model.deletes(id);
        admin.call("DELETE", "/encoders/" + id, null).with(200);
        model.deleted(true);
    }

    private String erase() {
        model.erases();
        String id = admin.call("POST", "/erasures", ERASURE).with(202).path("id").asText();
        model.erases(id);
        return id;
    }

    private String succeeded(String erasure) throws InterruptedException {
        while (!admin.get("/erasures/" + erasure).path("state").asText().equals("succeeded")) {
            Thread.sleep(50);
        }
        return erasure;
    }

    /** An erasure's that is not served. */
    private String candidate() throws InterruptedException {
        List<String> erasures = model.erasures().stream().filter(id -> !id.equals(model.served())).sorted().toList();
        return succeeded(erasures.isEmpty() ? erase() : erasures.get(random.nextInt(erasures.size())));
    }

    private void upload(String encoder) {
        upload = new Upload(null, encoder, 0);
        JsonNode begun = admin.call("POST", "/uploads", Map.of("id", encoder, "erasures", ERASURES, "files", List.of(announced(encoder, CONFIG),
                announced(encoder, WEIGHTS)))).with(201);
        upload = new Upload(begun.path("upload").asText(), encoder, 0);
        send(0, 0);
    }

    private Map<String, Object> announced(String encoder, String name) {
        byte[] content = content(encoder, name);
        return Map.of("name", name, "size", content.length, "sha256", digest(content));
    }

    /** What is missing, and then completes it. */
    private void send(long config, long weights) {
        String path = "/uploads/" + upload.id();
        byte[] settings = content(upload.encoder(), CONFIG);
        if (config < settings.length) {
            admin.send("PUT", path + "/files/" + CONFIG + "?offset=" + config, Arrays.copyOfRange(settings, (int) config, settings.length)).with(200);
        }
        byte[] all = content(upload.encoder(), WEIGHTS);
        for (int from = (int) weights; from < all.length;) {
            int to = Math.min(all.length, from + all.length / PARTS + 1);
            admin.send("PUT", path + "/files/" + WEIGHTS + "?offset=" + from, Arrays.copyOfRange(all, from, to)).with(200);
            upload = new Upload(upload.id(), upload.encoder(), to);
            from = to;
        }
        model.registers(upload.encoder(), digest(all));
        admin.call("POST", path + "/complete", null).with(201);
        model.registered();
        upload = null;
    }

    /** After a restart: goes on with the upload that was killed, if one was, and removes one whose beginning was not answered. */
    void finishUpload() {
        for (JsonNode each : admin.get("/uploads").path("uploads")) {
            String id = each.path("upload").asText();
            if (upload == null || !id.equals(upload.id())) {
                assertThat(upload).as("upload %s of nobody", id).isNotNull();
                assertThat(upload.id()).as("upload %s beside that of the client", id).isNull();
                admin.call("DELETE", "/uploads/" + id, null).with(200);
            }
        }
        if (upload != null && upload.id() != null) {
            AdminCalls.Answer found = admin.call("GET", "/uploads/" + upload.id(), null);
            if (found.status() == 404) {
                assertThat(admin.get("/encoders/" + upload.encoder()).path("digest").asText()).as("complete").isEqualTo(digest(upload.encoder()));
            } else {
                Map<String, Long> received = new HashMap<>();
                found.with(200).path("files").forEach(file -> received.put(file.path("name").asText(), file.path("received").asLong()));
                assertThat(received.get(WEIGHTS)).as("what was acknowledged has come").isGreaterThanOrEqualTo(upload.acknowledged());
                send(received.get(CONFIG), received.get(WEIGHTS));
            }
        }
        upload = null;
    }

    private String digest(String encoder) {
        return digest(content(encoder, WEIGHTS));
    }

    private static String digest(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] content(String encoder, String name) {
        try {
            return Files.readAllBytes(gateway.imports().resolve(encoder).resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
