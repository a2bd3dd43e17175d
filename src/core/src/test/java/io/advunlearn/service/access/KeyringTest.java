package io.advunlearn.service.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyringTest {

    private static final Instant END = Instant.parse("2030-01-01T00:00:00Z");

    @TempDir
    Path folder;
    private Path path;
    private KeysFile file;

    @BeforeEach
    void start() {
        path = folder.resolve("keys.json");
        file = new KeysFile(path);
    }

    private String create(String id, Role role, String tenant) {
        StoredKey.Created created = StoredKey.create(id, role, tenant, END);
        file.change(keys -> {
            keys.put(id, created.stored());
            return keys;
        });
        return created.text();
    }

    private Keyring keyring(Instant now) {
        AccessKey single = AccessKey.of(Optional.of("sixteen-letters!"), Optional.empty(), "key", "file");
        return Keyring.of(single, Optional.of(path), "access.keys-file", Clock.fixed(now, ZoneOffset.UTC));
    }

    @Test
    void findsWhoseKeyItIs() throws IOException {
        String alice = create("alice", Role.OPERATOR, null);
        String acme = create("acme.web", null, "Acme");
        Keyring keys = keyring(END.minusSeconds(1));
        assertThat(keys.find(alice)).contains(new Identity("alice", Role.OPERATOR, null, null));
        assertThat(keys.find(acme)).contains(new Identity("acme.web", null, "Acme", null));
        assertThat(keys.find("sixteen-letters!")).contains(new Identity("api-key", Role.ADMIN, null, null));
        assertThat(keys.find(null)).isEmpty();
        assertThat(keys.find("")).isEmpty();
        assertThat(keys.find(alice + "x")).isEmpty();
        assertThat(keys.find(alice.substring(0, alice.length() - 1))).isEmpty();
        assertThat(keys.find(alice.replace("alice", "acme.web"))).as("another's secret").isEmpty();
        assertThat(keys.find(alice.replace("alice", "bob"))).isEmpty();
        assertThat(keys.find("advk_alice")).isEmpty();
        assertThat(Files.readString(path)).doesNotContain(alice).doesNotContain(alice.substring("advk_alice_".length()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rw-------");
    }

    @Test
    void anExpiredKeyIsNobodys() {
        String alice = create("alice", Role.ADMIN, null);
        assertThat(keyring(END.minusSeconds(1)).find(alice)).isPresent();
        assertThat(keyring(END).find(alice)).isEmpty();
    }

    @Test
    void aChangeCountsWithoutARestart() {
        String alice = create("alice", Role.ADMIN, null);
        Keyring keys = keyring(Instant.EPOCH);
        String bob = create("bob", Role.VIEWER, null);
        assertThat(keys.find(bob)).as("not read yet").isEmpty();
        keys.reload();
        assertThat(keys.find(bob)).isPresent();
        file.change(all -> {
            all.remove("alice");
            return all;
        });
        keys.reload();
        assertThat(keys.find(alice)).as("revoked").isEmpty();
        assertThat(keys.find(bob)).isPresent();
    }

    @Test
    void aFileThatBecomesWrongHoldsNoKeyUntilItIsRight() throws IOException {
        String alice = create("alice", Role.ADMIN, null);
        String right = Files.readString(path);
        Keyring keys = keyring(Instant.EPOCH);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        keys.reload();
        assertThat(keys.find(alice)).as("readable by everybody").isEmpty();
        assertThat(keys.find("sixteen-letters!")).isPresent();
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--r-----"));
        keys.reload();
        assertThat(keys.find(alice)).as("as Kubernetes mounts secrets").isPresent();
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(path, right.substring(10));
        Files.setLastModifiedTime(path, FileTime.from(END));
        keys.reload();
        assertThat(keys.find(alice)).isEmpty();
        Files.delete(path);
        keys.reload();
        assertThat(keys.find(alice)).isEmpty();
        Files.writeString(path, right);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        keys.reload();
        assertThat(keys.find(alice)).isPresent();
    }

    private static final String SALT = "\"salt\": \"00112233445566778899aabbccddeeff\"";
    private static final String SHA = "\"sha256\": \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{}                                                             | keys is required",
        "{\"keys\": [], \"more\": 1}                                    | unknown field more",
        "{\"keys\": [{\"id\": \"a\", \"rolle\": \"admin\"}]}            | unknown field rolle",
        "{\"keys\": [{\"id\": \"a\"}]}                                  | keys[0]: createdAt is required",
        "{\"keys\": [{\"id\": \"A b\", TIME}]}                          | keys[0]: id must match",
        "{\"keys\": [{\"id\": \"a\", TIME}]}                            | keys[0]: key a needs a role, a tenant or both",
        "{\"keys\": [{\"id\": \"a\", \"role\": \"root\", TIME}]}        | keys[0]: role must be one of viewer, operator, admin, not root",
        "{\"keys\": [{\"id\": \"a\", \"tenant\": \"*\", TIME}]}         | keys[0]: tenant must match",
        "{\"keys\": [{\"id\": \"a\", \"role\": \"admin\", \"salt\": \"0\", TIME}]} | keys[0]: salt must be 32 hexadecimal digits",
        "{\"keys\": [{\"id\": \"a\", \"role\": \"admin\", SALT, TIME}]} | keys[0]: sha256 must be 64 hexadecimal digits",
        "{\"keys\": [{\"id\": \"a\", \"role\": \"admin\", SALT, SHA, \"createdAt\": \"now\"}]} | keys[0]: createdAt must be a time such as",
        "{\"keys\": [KEY, KEY]}                                         | there are two keys with the id a",
        "nothing                                                        | not valid JSON"})
    void saysInOneSentenceWhatIsWrong(String text, String reason) throws IOException {
        String key = "{\"id\": \"a\", \"role\": \"admin\", " + SALT + ", " + SHA + ", TIME}";
        Files.writeString(path, text.replace("KEY", key).replace("SALT", SALT).replace("SHA", SHA).replace("TIME", "\"createdAt\": \"2026-01-01T00:00:00Z\""));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(() -> keyring(Instant.EPOCH)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("access.keys-file")
                .hasMessageContaining(path.toString()).hasMessageContaining(reason);
    }

    @Test
    void aFileThatEverybodyMayReadStopsTheStart() throws IOException {
        create("alice", Role.ADMIN, null);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> keyring(Instant.EPOCH)).hasMessageContaining("chmod 600").hasMessageNotContaining("\n");
        Files.delete(path);
        assertThatThrownBy(() -> keyring(Instant.EPOCH)).hasMessageContaining("cannot be read");
    }
}
