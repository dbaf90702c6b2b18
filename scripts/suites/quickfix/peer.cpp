// QuickFIX C++ as a reader, a benchmark and a counterparty, for the suites `decode` and `quickfix`.
//
//   peer read SESSION.xml APPLICATION.xml FILE     one line a message: what QuickFIX reads in it
//   peer bench APPLICATION.xml FILE                messages a second of processor time, decoding alone, one line a round
//   peer accept|connect SETTINGS SECONDS           a session of FIX 4.4; tells on stdout what it sees
//
// FILE holds messages, each after its length in four bytes, least first.
#include <quickfix/Application.h>
#include <quickfix/DataDictionary.h>
#include <quickfix/FileStore.h>
#include <quickfix/Message.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/SocketInitiator.h>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <thread>
#include <vector>

using std::string;

static std::vector<string> messagesIn(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<string> messages;
  unsigned char size[4];
  while (file.read(reinterpret_cast<char*>(size), 4)) {
    string message(size[0] | size[1] << 8 | size[2] << 16 | size[3] << 24, '\0');
    file.read(&message[0], static_cast<std::streamsize>(message.size()));
    messages.push_back(message);
  }
  return messages;
}

// Fields in the order of their tags, entries of groups in braces after their count.
static string textOf(const FIX::FieldMap& map) {
  std::map<int, string> fields;
  for (auto field = map.begin(); field != map.end(); ++field) fields[field->getTag()] = field->getString();
  std::ostringstream out;
  for (const auto& field : fields) {
    out << field.first << '=' << field.second << '\x01';
    for (auto group = map.g_begin(); group != map.g_end(); ++group) {
      if (group->first != field.first) continue;
      for (const auto* entry : group->second) out << '{' << textOf(*entry) << '}';
    }
  }
  return out.str();
}

static int read(const char* sessionPath, const char* applicationPath, const char* path) {
  const FIX::DataDictionary session(sessionPath);
  const FIX::DataDictionary application(applicationPath);
  for (const auto& text : messagesIn(path)) {
    string line;
    FIX::Message message;
    try {
      message.setString(text, true, &session, &application);
      try {
        FIX::DataDictionary::validate(message, &session, &application);
        line = "sound ";
      } catch (std::exception& error) {
        line = string("invalid ") + error.what() + '\x02';
      }
      line += textOf(message.getHeader()) + '\x03' + textOf(message) + '\x03' + textOf(message.getTrailer());
    } catch (std::exception& error) {
      line = string("refused ") + error.what();
    }
    for (auto& character : line) if (character == '\n' || character == '\r') character = ' ';
    std::cout << line << '\n';
  }
  return 0;
}

static int bench(const char* applicationPath, const char* path) {
  const FIX::DataDictionary dictionary(applicationPath);
  const auto messages = messagesIn(path);
  for (int round = 0; round < 5; round++) {
    const clock_t began = clock();
    for (const auto& text : messages) {
      FIX::Message message;
      message.setString(text, true, &dictionary);
    }
    const double seconds = static_cast<double>(clock() - began) / CLOCKS_PER_SEC;
    std::cout << static_cast<double>(messages.size()) / seconds << std::endl;
  }
  return 0;
}

// Fills every order, answers every market data request with one snapshot and three updates; as initiator it asks for both.
struct Counterparty : FIX::Application {
  const bool initiates;
  int executions = 0;
  explicit Counterparty(bool initiates) : initiates(initiates) {}

  void onCreate(const FIX::SessionID&) override {}
  void onLogon(const FIX::SessionID& session) override {
    std::cout << "logon" << std::endl;
    if (!initiates) return;
    FIX::Message request;
    request.getHeader().setField(35, "V");
    request.setField(262, "R1");
    request.setField(263, "1");
    request.setField(264, "0");
    request.setField(265, "1");
    for (const char* type : {"0", "1"}) {
      FIX::Group group(267, 269);
      group.setField(269, type);
      request.addGroup(group);
    }
    FIX::Group symbol(146, 55);
    symbol.setField(55, "AAA");
    request.addGroup(symbol);
    FIX::Session::sendToTarget(request, session);
    for (int i = 1; i <= 3; i++) {
      FIX::Message order;
      order.getHeader().setField(35, "D");
      order.setField(11, "Q" + std::to_string(i));
      order.setField(55, "AAA");
      order.setField(54, "1");
      order.setField(60, "20260105-12:00:00.000");
      order.setField(38, "10");
      order.setField(40, "2");
      order.setField(44, "12.34");
      FIX::Session::sendToTarget(order, session);
    }
  }
  void onLogout(const FIX::SessionID&) override { std::cout << "logout" << std::endl; }
  void toAdmin(FIX::Message&, const FIX::SessionID&) override {}
  void toApp(FIX::Message&, const FIX::SessionID&) throw(FIX::DoNotSend) override {}
  void fromAdmin(const FIX::Message& message, const FIX::SessionID&) throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) override {
    tell("admin ", message);
  }
  void fromApp(const FIX::Message& message, const FIX::SessionID& session) throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::UnsupportedMessageType) override {
    tell("app ", message);
    const string type = message.getHeader().getField(35);
    if (type == "D") fill(message, session);
    if (type == "V") publish(session);
  }

  void tell(const char* kind, const FIX::Message& message) {
    string text = message.toString();
    for (auto& character : text) if (character == '\x01') character = '|';
    std::cout << kind << text << std::endl;
  }
  void fill(const FIX::Message& order, const FIX::SessionID& session) {
    FIX::Message report;
    report.getHeader().setField(35, "8");
    const string id = std::to_string(++executions);
    for (const int tag : {11, 38, 40, 44, 54, 55}) report.setField(tag, order.getField(tag));
    report.setField(37, "O" + id);
    report.setField(17, "E" + id);
    report.setField(150, "F");
    report.setField(39, "2");
    report.setField(32, order.getField(38));
    report.setField(31, order.getField(44));
    report.setField(151, "0");
    report.setField(14, order.getField(38));
    report.setField(6, order.getField(44));
    report.setField(60, "20260105-12:00:00.000");
    FIX::Session::sendToTarget(report, session);
  }
  void publish(const FIX::SessionID& session) {
    for (int i = 0; i < 4; i++) {
      FIX::Message message;
      message.getHeader().setField(35, i == 0 ? "W" : "X");
      message.setField(262, "R1");
      if (i == 0) message.setField(55, "AAA");
      FIX::Group entry(268, i == 0 ? 269 : 279);
      if (i > 0) entry.setField(279, i == 1 ? "0" : i == 2 ? "1" : "2");
      entry.setField(269, "0");
      if (i > 0) entry.setField(55, "AAA");
      entry.setField(270, i == 0 ? "12.33" : "12.34");
      entry.setField(271, std::to_string(10 * (i + 1)));
      message.addGroup(entry);
      FIX::Session::sendToTarget(message, session);
    }
  }
};

template <class Engine>
static void run(const char* settingsPath, int seconds, bool initiates) {
  FIX::SessionSettings settings(settingsPath);
  Counterparty application(initiates);
  FIX::FileStoreFactory store(settings);
  Engine engine(application, store, settings);
  engine.start();
  std::cout << "up" << std::endl;
  // Ends early when the suite closes stdin.
  std::thread([] { string line; while (std::getline(std::cin, line)) {} _exit(0); }).detach();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  engine.stop();
}

int main(int count, char** arguments) {
  try {
    const string mode = count > 1 ? arguments[1] : "";
    if (mode == "read" && count == 5) return read(arguments[2], arguments[3], arguments[4]);
    if (mode == "bench" && count == 4) return bench(arguments[2], arguments[3]);
    if (mode == "accept" && count == 4) return run<FIX::SocketAcceptor>(arguments[2], atoi(arguments[3]), false), 0;
    if (mode == "connect" && count == 4) return run<FIX::SocketInitiator>(arguments[2], atoi(arguments[3]), true), 0;
    std::cerr << "peer read|bench|accept|connect …" << std::endl;
    return 2;
  } catch (std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 3;
  }
}
