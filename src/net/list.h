// An intrusive doubly linked list whose members unlink themselves when they die.
//
// The loop's queues hold things that live in coroutine frames; a frame may be dropped at any time,
// and what it had queued must be gone with it.
#pragma once

namespace fairlead::net {

class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { unlink(); }

  bool is_linked() const { return next_ != nullptr; }
  void unlink() {
    if (!next_) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <typename T>
  friend class List;
  Link* next_ = nullptr;
  Link* previous_ = nullptr;
};

// REQUIRES: T derives from Link. The list owns nothing.
template <typename T>
class List {
 public:
  List() { root_.next_ = root_.previous_ = &root_; }
  ~List() {
    while (!empty()) root_.next_->unlink();
    root_.next_ = root_.previous_ = nullptr;
  }
  bool empty() const { return root_.next_ == &root_; }
  T& front() { return static_cast<T&>(*root_.next_); }

  // REQUIRES: item is in no list.
  void push_back(T& item) {
    Link& link = item;
    link.previous_ = root_.previous_;
    link.next_ = &root_;
    root_.previous_->next_ = &link;
    root_.previous_ = &link;
  }

  // Calls f for each. REQUIRES: f unlinks nothing but its argument.
  template <typename F>
  void for_each(F&& f) {
    for (Link* link = root_.next_; link != &root_;) {
      Link* next = link->next_;
      f(static_cast<T&>(*link));
      link = next;
    }
  }

  // Moves all of `other` behind what is here.
  void take_all(List& other) {
    if (other.empty()) return;
    Link* first = other.root_.next_;
    Link* last = other.root_.previous_;
    other.root_.next_ = other.root_.previous_ = &other.root_;
    first->previous_ = root_.previous_;
    root_.previous_->next_ = first;
    last->next_ = &root_;
    root_.previous_ = last;
  }

 private:
  Link root_;
};

}  // namespace fairlead::net
